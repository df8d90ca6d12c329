using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Project;

/// <summary>What a dead process, a stranger or a lost file leaves behind.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public void A_commit_that_the_ledger_never_heard_of_is_adopted()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,2");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,3,4").RunWell();
        ForgetLastRun(project, "daily");

        var result = project.RunWell();
        var adopted = Assert.Single(result.Adopted);
        Assert.Equal("table daily", adopted.Asset.ToString());
        Assert.Equal("daily pointed", Outcomes(result).Replace("orders pointed, ", "", StringComparison.Ordinal));
        Assert.Equal(["1", "6"], project.Rows("SELECT amount FROM daily ORDER BY day"));
        Assert.Equal("", Outcomes(project.RunWell()));
    }

    [Fact]
    public void A_run_that_died_before_its_commit_is_closed_and_done_again()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        using (var engine = project.Open())
        {
            var run = engine.Ledger.StartRun("prod", "plan", null);
            var build = engine.Project.Assets.Values.First(a => a.Wanted.Key.Name == "orders").Wanted.Build;
            engine.Ledger.Queue([new TaskRecord(run.Id + "/orders/1", run.Id, 0, build, "load", IntervalSet.All, null, TaskState.Queued, null)]);
            engine.Ledger.StartAttempt(run.Id + "/orders/1");
        }

        var result = project.RunWell();
        Assert.Empty(result.Adopted);
        Assert.Equal("orders computed, daily computed 1", Outcomes(result));
        using var after = project.Open();
        Assert.Equal([RunState.Done, RunState.Interrupted], after.Ledger.Runs().Select(r => r.State));
        Assert.Null(after.Ledger.FindBrokenLink());
    }

    [Fact]
    public void A_version_whose_log_entry_was_changed_is_refused()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var entry = Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace", "lake", "orders"), "00000000000000000000.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(entry, File.ReadAllText(entry).Replace("\"operation\":", "\"operation\" :", StringComparison.Ordinal));

        var refused = Assert.ThrowsAny<Exception>(() => project.Rows("SELECT * FROM orders"));
        Assert.Contains("SHA-256", refused.Message);
    }

    [Fact]
    public void A_strangers_commit_is_not_read_and_the_next_commit_undoes_it()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var log = Directory.EnumerateDirectories(Path.Combine(project.Folder, ".millrace", "lake", "orders"), "_delta_log", SearchOption.AllDirectories).Single();
        var file = File.ReadLines(Path.Combine(log, "00000000000000000000.json")).First(l => l.StartsWith("{\"add\"", StringComparison.Ordinal));
        var path = System.Text.Json.Nodes.JsonNode.Parse(file)!["add"]!["path"]!;
        File.WriteAllText(
            Path.Combine(log, "00000000000000000001.json"),
            $$$"""{"commitInfo":{"timestamp":1767268900000,"operation":"DELETE"}}{{{"\n"}}}{"remove":{"path":{{{path.ToJsonString()}}},"deletionTimestamp":1767268900000,"dataChange":true}}{{{"\n"}}}""");

        Assert.Equal(["1"], project.Rows("SELECT id FROM orders"));
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM orders ORDER BY id"));
        Assert.Equal(2, new Millrace.Lake.LakeTable(Path.GetDirectoryName(log)!).Latest()!.Files.Count);
    }

    [Fact]
    public void A_data_file_that_is_gone_is_named()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var gone = Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace", "lake", "orders"), "*.parquet", SearchOption.AllDirectories).Single();
        File.Delete(gone);
        using var engine = project.Open();
        var finding = Assert.Single(engine.Doctor(), f => !f.IsGood);
        Assert.Contains(Path.GetFileName(gone), finding.Message);
    }

    [Fact]
    public void A_run_that_is_cancelled_releases_nothing_and_the_next_one_takes_over()
    {
        using var project = WithOrders().WithDaily("batch: 1").Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,2", "2026-01-03,3,3");
        using var stop = new CancellationTokenSource();
        var committed = 0;
        using (var engine = project.Open(observe: moment =>
        {
            if (moment.Phase == "committed" && ++committed == 2)
                stop.Cancel();
        }))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => engine.Run(new Millrace.Project.RunRequest(), stop.Token));
            Assert.Empty(engine.Ledger.Pointers("prod"));
            Assert.Equal(RunState.Interrupted, engine.Ledger.Runs()[0].State);
        }

        Assert.Equal("orders pointed, daily computed 2", Outcomes(project.RunWell()));
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_home_of_a_newer_format_is_refused()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.Write(".millrace/format", "2\n");
        Assert.Contains("format '2'", Assert.Throws<InvalidDataException>(() => project.Open()).Message);
    }

    [Fact]
    public void Many_engines_may_open_a_new_home_at_once()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, 6).Select(_ => new Thread(() =>
        {
            try
            {
                project.Open().Dispose();
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Empty(failures);
    }

    /// <summary>Puts the ledger back to the moment between the table's commit and the ledger's transaction of the newest run.</summary>
    private static void ForgetLastRun(SampleProject project, string asset)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(project.Folder, ".millrace", "ledger.db")};Pooling=False");
        connection.Open();
        var run = connection.ExecuteScalar<string>("select id from run order by number desc limit 1");
        var release = connection.ExecuteScalar<long>("select max(id) from release");
        connection.Execute("update run set state = 'running', ended = null, release = null where id = @run", new { run });
        connection.Execute("update task set state = 'running', ended = null where run = @run and asset = @asset", new { run, asset = "table " + asset });
        connection.Execute("delete from version where task in (select id from task where run = @run and asset = @asset)", new { run, asset = "table " + asset });
        connection.Execute("""
            update pointer set number = m.from_number, fingerprint = m.from_fingerprint
            from move m where m.release = @release and m.asset = pointer.asset
            """, new { release });
        connection.Execute("delete from pin where holder = 'release ' || @release; delete from move where release = @release; delete from release where id = @release", new { release });
    }
}
