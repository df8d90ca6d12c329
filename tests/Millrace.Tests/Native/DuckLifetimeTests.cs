using Millrace.Native;

namespace Millrace.Tests.Native;

/// <summary>These tests look at the memory of the whole process, so nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(AloneInTheProcess))]
public sealed class DuckLifetimeTests
{
    private const long SlackBytes = 64L << 20;
    private static readonly Dictionary<string, string> OneThread = new() { ["threads"] = "1" };

    [Fact]
    public void Opening_and_closing_a_thousand_databases_leaves_no_memory_behind() => OpenAndClose(1_000);

    /// <summary>About two minutes, since an open costs the engine 5 to 12 ms: run it with <c>-explicit only</c>.</summary>
    [Fact(Explicit = true)]
    public void Opening_and_closing_ten_thousand_databases_leaves_no_memory_behind() => OpenAndClose(10_000);

    [Fact]
    public void Opening_and_closing_ten_thousand_connections_statements_and_results_leaves_no_memory_behind()
    {
        using var database = DuckDatabase.Open(OneThread);
        long early = 0;
        for (var i = 0; i < 10_000; i++)
        {
            using var connection = database.Connect();
            using var statement = connection.Prepare("select ?::INTEGER as i, ['a text that is not inline', NULL] as l, {'x': 1.5} as s");
            using var result = statement.Bind(1, i).Query();
            using var chunk = result.Fetch()!;
            Assert.Equal(i, chunk[0].Value(0));
            Assert.Throws<DuckException>(() => connection.Query("select nowhere"));
            if (i == 1_000)
                early = Environment.WorkingSet;
        }

        AssertNoGrowth(early);
    }

    [Fact]
    public void What_nobody_disposed_is_released_by_the_collector_in_any_order()
    {
        long early = 0;
        for (var i = 0; i < 300; i++)
        {
            Leave();
            if (i % 50 == 49)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                early = early == 0 ? Environment.WorkingSet : early;
            }
        }

        AssertNoGrowth(early);

        static void Leave()
        {
            var connection = DuckDatabase.Open(OneThread).Connect();
            var result = connection.Prepare("select range from range(10000)").Query();
            Assert.Equal(2048, result.Fetch()!.Rows);
            Assert.Throws<DuckException>(() => connection.Appender("nowhere"));
        }
    }

    [Fact]
    public void Five_million_rows_stream_through_flat_memory()
    {
        using var database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "2" });
        using var connection = database.Connect();
        using var result = connection.Query("select range as id, 'a text of some length ' || range as t from range(5_000_000)");

        long rows = 0, sum = 0, early = 0;
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            foreach (var id in chunk[0].Values<long>())
                sum += id;
            rows += chunk.Rows;
            if (early == 0 && rows > 500_000)
                early = Environment.WorkingSet;
        }

        Assert.Equal((5_000_000L, 12_499_997_500_000L), (rows, sum));
        AssertNoGrowth(early);
    }

    [Fact]
    public void A_script_keeps_no_rows()
    {
        using var database = DuckDatabase.Open(OneThread);
        using var connection = database.Connect();
        connection.Execute("select range, 'a text of some length ' || range from range(100_000)");
        var early = Environment.WorkingSet;

        connection.Execute("select range, 'a text of some length ' || range from range(5_000_000)");

        AssertNoGrowth(early);
    }

    private static void OpenAndClose(int times)
    {
        long early = 0;
        for (var i = 0; i < times; i++)
        {
            using var database = DuckDatabase.Open(OneThread);
            using var connection = database.Connect();
            if (i == times / 10)
                early = Environment.WorkingSet;
        }

        AssertNoGrowth(early);
    }

    private static void AssertNoGrowth(long early)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var growth = Environment.WorkingSet - early;
        Assert.True(growth < SlackBytes, $"Memory grew by {growth >> 20} MB, from {early >> 20} MB; {SlackBytes >> 20} MB are allowed.");
    }
}
