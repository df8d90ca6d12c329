using System.Diagnostics;
using Dapper;
using Millrace.Delivery;
using Millrace.Tests.Sources.Connectors;
using Npgsql;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Delivery;

/// <summary>Kills the program in the middle of a delivery: the next one leaves the place with each row once.</summary>
[Collection(nameof(PostgresServer))]
public sealed class DeliveryKillTests(PostgresServer server)
{
    [Theory]
    [InlineData("delivery.before-commit")]
    [InlineData("delivery.committed")]
    public void A_database_has_each_row_once_whenever_the_delivery_dies(string place)
    {
        var database = server.NewDatabase();
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20")
            .Write("sinks/orders.yaml", $"table: orders\ntype: postgres\n{server.Section(database)}  table: orders\n");
        project.RunWell();
        Die(project, place);
        using (var there = new NpgsqlConnection(server.Connection(database)))
            Assert.Equal(place == "delivery.committed", there.ExecuteScalar<bool>("select to_regclass('orders') is not null"));

        using var engine = project.Open();
        Assert.Equal(DeliveryState.Delivered, Assert.Single(engine.Deliver([], false, _ => { }, TestContext.Current.CancellationToken)).State);
        using var connection = new NpgsqlConnection(server.Connection(database));
        Assert.Equal([1L, 2L], connection.Query<long>("select id from orders order by id"));
    }

    [Fact]
    public void A_file_is_the_old_one_until_the_new_one_is_whole_and_what_was_begun_is_cleaned_away()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10").Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: out/orders.csv}\n")
            .Write("out/orders.csv", "old");
        project.RunWell();
        Die(project, "export.written");
        Assert.Equal("old", File.ReadAllText(Path.Combine(project.Folder, "out/orders.csv")));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(project.Folder, "out")).Length);

        using var engine = project.Open();
        engine.Deliver([], false, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal("day,id,amount\n2026-01-01,1,10\n", File.ReadAllText(Path.Combine(project.Folder, "out/orders.csv")));
        Assert.Single(Directory.GetFiles(Path.Combine(project.Folder, "out")));
    }

    private static void Die(SampleProject project, string place)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Millrace.Cli"), ["deliver", "--project", project.Folder])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["MILLRACE_FAILPOINT"] = place;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)));
        Assert.True(process.ExitCode == 137, $"It was to die at {place} and said: {said}");
    }
}
