using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckConnectionTests : IDisposable
{
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "2" });
    private readonly DuckConnection _connection;

    public DuckConnectionTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void The_loaded_library_is_the_pinned_one() => Assert.Equal(DuckDatabase.PinnedVersion, DuckDatabase.Version);

    [Fact]
    public void A_query_gives_its_columns_and_rows()
    {
        using var result = _connection.Query("select range::integer as id, 'row ' || range as name from range(3)");

        Assert.Equal(["id INTEGER", "name VARCHAR"], result.Columns.Select(column => column.ToString()));
        Assert.Equal([[0, "row 0"], [1, "row 1"], [2, "row 2"]], result.Rows());
    }

    [Fact]
    public void A_script_runs_all_its_statements_in_order()
    {
        _connection.Execute("create table t(a integer); insert into t values (1), (2); -- the end\n update t set a = a * 10;");

        Assert.Equal([[10], [20]], _connection.Query("from t order by a").Rows());
    }

    [Fact]
    public void A_script_is_cut_only_where_a_statement_ends()
    {
        _connection.Execute("""
            create table "a;b"(t varchar default ';'); -- a comment; it's one
            insert into "a;b" values ('x;''y'), ($$ it's; $$), ($q$ $$;' $q$), (e'a\';b'); /* outer; /* inner; */ ';' */
            prepare p as insert into "a;b" values ($1 || ';');
            execute p('last');;
            """);

        Assert.Equal(["x;'y", " it's; ", " $$;' ", "a';b", "last;"], _connection.Query("from \"a;b\"").Rows().Select(row => row[0]));
    }

    [Fact]
    public void A_script_may_hold_a_pivot()
    {
        _connection.Execute("create table s(d integer, a integer); insert into s values (7, 10)");
        _connection.Execute("create table p as pivot s on d using max(a); insert into p values (11)");

        Assert.Equal([[10], [11]], _connection.Query("select \"7\" from p").Rows());
    }

    [Fact]
    public void An_empty_script_does_nothing() => _connection.Execute(" -- only a comment\n");

    [Fact]
    public void A_query_of_two_statements_is_refused_with_the_engines_text()
    {
        var error = Assert.Throws<DuckException>(() => _connection.Query("select 1; select 2"));

        Assert.Contains("Cannot prepare multiple statements at once", error.Message, StringComparison.Ordinal);
        Assert.Equal(DuckErrorKind.InvalidInput, error.Kind);
    }

    [Fact]
    public void A_pivot_that_looks_up_its_columns_is_one_query()
    {
        _connection.Execute("create table sales(shop varchar, day integer, amount integer)");
        _connection.Execute("insert into sales values ('a', 1, 10), ('a', 2, 20), ('b', 1, 5)");

        using var result = _connection.Query("pivot sales on day using sum(amount) order by shop");

        Assert.Equal(["shop", "1", "2"], result.Columns.Select(column => column.Name));
        Assert.Equal(2, result.Rows().Count());
    }

    [Fact]
    public void Sql_that_holds_a_nul_is_refused_before_the_engine_sees_half_of_it()
    {
        var error = Assert.Throws<ArgumentException>(() => _connection.Execute("drop table t\0 if exists"));

        Assert.Contains("position 12", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_another_statement_closed_says_so()
    {
        using var result = _connection.Query("select range from range(1_000_000)");
        result.Fetch()!.Dispose();
        _connection.Execute("select 1");

        Assert.Contains("closed", Assert.Throws<DuckException>(() => Drain(result)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_the_middle_of_a_stream_is_thrown_by_fetch()
    {
        using var result = _connection.Query("select if(range = 900_000, error('row 900000 is bad'), range) from range(1_000_000)");
        result.Fetch()!.Dispose();

        var error = Assert.Throws<DuckException>(() => Drain(result));
        Assert.Contains("row 900000 is bad", error.Message, StringComparison.Ordinal);
        Assert.Null(result.Fetch());
    }

    [Fact]
    public void A_chunk_outlives_its_result()
    {
        var result = _connection.Query("select 'a text that is not kept inline' from range(10)");
        using var chunk = result.Fetch()!;
        result.Dispose();
        _connection.Execute("create table t as from range(10000)");

        Assert.Equal("a text that is not kept inline", chunk[0].Text(9));
    }

    [Fact]
    public void A_scalar_of_no_rows_is_null() => Assert.Null(_connection.Query("select 1 where false").Scalar());

    [Fact]
    public void An_interrupt_from_another_thread_stops_a_huge_join_and_leaves_the_connection_usable()
    {
        var error = InTheBackground(
            () => _connection.Query(HugeJoin).Scalar(),
            isRunning => SpinWait.SpinUntil(() => { _connection.Interrupt(); return !isRunning(); }, Patience));

        Assert.Equal(DuckErrorKind.Interrupt, Assert.IsType<DuckException>(error).Kind);
        Assert.Equal("INTERRUPT Error: Interrupted!", error.Message);
        Assert.Equal(1, _connection.Query("select 1").Scalar());
    }

    [Fact]
    public void The_progress_of_a_running_query_can_be_watched_from_another_thread()
    {
        _connection.Execute("set enable_progress_bar = true; set enable_progress_bar_print = false");
        _connection.Execute("create table numbers as from range(100_000)");
        Assert.Equal(-1, _connection.Progress.Percentage);

        var seen = default(DuckProgress);
        InTheBackground(
            () => _connection.Query("select sum(hash(a.range + b.range)) from numbers a, numbers b").Scalar(),
            isRunning =>
            {
                SpinWait.SpinUntil(() => !isRunning() || (seen = _connection.Progress).Percentage > 0, Patience);
                SpinWait.SpinUntil(() => { _connection.Interrupt(); return !isRunning(); }, Patience);
            });

        Assert.InRange(seen.Percentage, double.Epsilon, 100);
        Assert.InRange(seen.RowsProcessed, 1UL, seen.TotalRows);
    }

    [Fact]
    public void Two_connections_work_in_two_threads_at_once()
    {
        // Each writes its own table: see the README on reading a table through a filter while another connection appends to it.
        _connection.Execute("create table t0(i integer); create table t1(i integer)");
        var errors = new List<Exception?>();
        var workers = Enumerable.Range(0, 2).Select(worker => new Thread(() =>
        {
            var error = Record.Exception(() =>
            {
                using var connection = _database.Connect();
                using var insert = connection.Prepare($"insert into t{worker} values (?)");
                for (var i = 0; i < 200; i++)
                {
                    insert.Bind(1, i).Execute();
                    Assert.Equal(i + 1L, connection.Query($"select count(*) from t{worker} where i <= {i}").Scalar());
                }
            });
            lock (errors)
                errors.Add(error);
        })).ToList();

        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());

        Assert.Equal([null, null], errors);
        Assert.Equal(400L, _connection.Query("select count(*) from (from t0 union all from t1)").Scalar());
    }

    private const string HugeJoin = "select sum(hash(a.range + b.range)) from range(10_000_000) a, range(10_000_000) b";

    /// <summary>How long a test waits for something that must happen, before it fails instead of hanging.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static void Drain(DuckResult result)
    {
        while (result.Fetch() is { } chunk)
            chunk.Dispose();
    }

    /// <summary>Runs something on another thread, meanwhile something on this one, and gives the error of the former.</summary>
    private static Exception? InTheBackground(Action background, Action<Func<bool>> meanwhile)
    {
        Exception? error = null;
        var thread = new Thread(() => error = Record.Exception(background)) { IsBackground = true };
        thread.Start();
        meanwhile(() => thread.IsAlive);
        Assert.True(thread.Join(Patience), "The query did not end.");
        return error;
    }
}
