using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Millrace.Lake;
using Millrace.Lake.Storage;

namespace Millrace.Tests.Lake;

public sealed class CommitTests : LakeTestBase
{
    [Fact]
    public void A_transaction_that_stands_in_the_log_is_adopted_whole()
    {
        var first = Table.Append(null, Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("task", fence: 3)) with { Info = new JsonObject { ["rows"] = 1 } };
        var committed = Table.Commit(first);
        Append("other", "SELECT 2 AS a", "a BIGINT");

        var again = Table.Commit(Table.Append(null, Stage("SELECT 9 AS a", Columns("a BIGINT")), Stamp("task", fence: 4)));
        Assert.True(again.Adopted);
        Assert.Equal((committed.Version, committed.EntryHash, committed.Time), (again.Version, again.EntryHash, again.Time));
        Assert.Equal(1, (int)again.Info["rows"]!);
        Assert.Equal(1, Table.LatestVersion);
    }

    [Fact]
    public void A_transaction_before_the_base_is_not_adopted()
    {
        Append("task", "SELECT 1 AS a", "a BIGINT");
        var again = Append("task", "SELECT 2 AS a", "a BIGINT");
        Assert.False(again.Adopted);
        Assert.Equal(1, again.Version);
    }

    [Fact]
    public void A_lost_put_looks_for_its_transaction_again()
    {
        Append("t0", "SELECT 0 AS a", "a BIGINT");
        var @base = Table.Latest();
        var results = new ConcurrentBag<CommitResult>();

        // All attempts of one task race: whoever loses the put must find the winner's entry.
        RunAtOnce(6, fence =>
        {
            var table = new LakeTable(Table.Folder);
            using var connection = Connect();
            var staged = table.Stage(connection, "SELECT 1 AS a", Columns("a BIGINT"), new StageOptions { Now = Noon });
            results.Add(table.Commit(table.Append(@base, staged, Stamp("task", fence))));
        });

        Assert.Equal(1, Table.LatestVersion);
        Assert.Single(results, r => !r.Adopted);
        Assert.Single(results.Select(r => r.EntryHash).Distinct());
        Assert.Equal(["{'a': 0}", "{'a': 1}"], Rows(Table.Latest()));
    }

    [Fact]
    public void A_commit_over_another_head_restores_its_base_in_the_same_entry()
    {
        Append("t0", "SELECT 0 AS a", "a BIGINT");
        var @base = Table.Latest()!;
        Table.Commit(Table.Overwrite(@base, Stage("SELECT 7 AS b", Columns("b VARCHAR")), Stamp("foreign1")));
        Append("foreign2", "SELECT 8 AS b", "b VARCHAR");

        var result = Table.Commit(Table.Append(@base, Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("task")));
        Assert.Equal(3, result.Version);
        Assert.Equal(["{'a': 0}", "{'a': 1}"], Rows(Table.Latest()));
        Assert.Equal("a BIGINT", Table.Latest()!.Schema.ToString());
        Assert.Equal(["{'b': 7}", "{'b': 8}"], Rows(Table.Read(2)));
        Assert.False((bool)result.CommitInfo["isBlindAppend"]!);
        Assert.Equal(0, (long)result.CommitInfo["readVersion"]!);
    }

    [Fact]
    public void A_commit_without_a_base_empties_the_table_first()
    {
        Append("t0", "SELECT 0 AS a", "a BIGINT");
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("task")));
        Assert.Equal(["{'a': 1}"], Rows(Table.Latest()));
    }

    [Fact]
    public void Many_writers_make_versions_without_gaps_and_each_holds_exactly_its_base_and_its_rows()
    {
        Append("t0", "SELECT -1 AS a", "a BIGINT");
        var commits = new ConcurrentBag<(long Base, CommitResult Result, string File)>();
        RunAtOnce(4, writer =>
        {
            var table = new LakeTable(Table.Folder);
            using var connection = Connect();
            for (var i = 0; i < 25; i++)
            {
                var @base = table.Latest()!;
                var staged = table.Stage(connection, $"SELECT {(writer * 100) + i} AS a", Columns("a BIGINT"), new StageOptions { Now = Noon });
                commits.Add((@base.Version, table.Commit(table.Append(@base, staged, Stamp($"w{writer}-{i}"))), staged.Files[0].Path));
            }
        });

        Assert.Equal(100, Table.LatestVersion);
        Assert.Equal(Enumerable.Range(1, 100).Select(v => (long)v), commits.Select(c => c.Result.Version).Order());
        foreach (var (@base, result, file) in commits)
        {
            Assert.False(result.Adopted);
            Assert.Null(result.CheckpointFailure);
            var expected = Table.Read(@base).Files.Select(f => f.Path).Append(file).Order(StringComparer.Ordinal);
            var fresh = new LakeTable(Table.Folder).Read(result.Version, result.EntryHash);
            Assert.Equal(expected, fresh.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        }

        var times = Table.History().Select(h => h.Time).ToList();
        Assert.Equal(times.Distinct().Order(), times);
        Assert.Empty(Directory.EnumerateFiles(Log, ".*"));
    }

    [Fact]
    public void Of_two_that_put_one_name_exactly_one_wins()
    {
        Directory.CreateDirectory(Root);
        for (var round = 0; round < 200; round++)
        {
            var wins = 0;
            var target = Path.Combine(Root, $"{round}.json");
            RunAtOnce(2, who =>
            {
                var temporary = Path.Combine(Root, $".{round}-{who}.tmp");
                DurableFile.Write(temporary, [(byte)who]);
                if (DurableFile.PutIfAbsent(temporary, target))
                    Interlocked.Increment(ref wins);
            });
            Assert.Equal(1, wins);
        }

        Assert.Equal(200, Directory.EnumerateFiles(Root).Count());
    }

    [Fact]
    public void A_version_whose_entry_is_another_one_is_refused()
    {
        var result = Append("t0", "SELECT 0 AS a", "a BIGINT");
        Append("t1", "SELECT 1 AS a", "a BIGINT");
        Assert.Equal(0, Table.Read(0, result.EntryHash.ToUpperInvariant()).Version);

        var wrong = new string('0', 64);
        var message = Assert.Throws<LakeException>(() => Table.Read(0, wrong)).Message;
        Assert.Contains("version 0", message);
        Assert.Contains(wrong, message);
        Assert.Contains(result.EntryHash, message);
        Assert.Contains(Table.Folder, message);

        // A byte more changes nothing that a Delta reader would see.
        File.AppendAllText(EntryPath(0), "\n");
        Assert.Throws<LakeException>(() => Table.Read(0, result.EntryHash));
        Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).Read(0, result.EntryHash));
        Assert.Equal(0, Table.Read(0).Version);

        File.Delete(EntryPath(0));
        Assert.Contains("missing", Assert.Throws<LakeException>(() => Table.Read(0, result.EntryHash)).Message);
    }

    [Fact]
    public void A_commit_onto_a_base_whose_entry_changed_is_refused()
    {
        Append("t0", "SELECT 0 AS a", "a BIGINT");
        var request = Table.Append(Table.Latest(), Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("t1"));
        File.AppendAllText(EntryPath(0), "\n");
        Assert.Contains("SHA-256", Assert.Throws<LakeException>(() => Table.Commit(request)).Message);
        Assert.Equal(0, Table.LatestVersion);
    }

    [Fact]
    public void The_entry_of_a_commit_is_what_other_programs_expect()
    {
        var staged = Stage("SELECT 1 AS a", Columns("a BIGINT"));
        Table.Commit(Table.Append(null, staged, Stamp("task", 5)));
        var lines = File.ReadAllLines(EntryPath(0)).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        Assert.Equal(["commitInfo", "protocol", "metaData", "txn", "add"], lines.Select(l => l.Single().Key));
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), (long)lines[0]["commitInfo"]!["timestamp"]!);
        Assert.Equal("""{"minReaderVersion":1,"minWriterVersion":2}""", lines[1]["protocol"]!.ToJsonString());
        Assert.Equal("parquet", (string)lines[2]["metaData"]!["format"]!["provider"]!);
        Assert.Equal("""{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}""", (string)lines[2]["metaData"]!["schemaString"]!);
        Assert.Equal(("task", 5L), ((string)lines[3]["txn"]!["appId"]!, (long)lines[3]["txn"]!["version"]!));
        Assert.Equal("""{"numRecords":1,"minValues":{"a":1},"maxValues":{"a":1},"nullCount":{"a":0}}""", (string)lines[4]["add"]!["stats"]!);
        Assert.Equal("{}", lines[4]["add"]!["partitionValues"]!.ToJsonString());
        Assert.Equal(new FileInfo(Path.Combine(Table.Folder, staged.Files[0].Path)).Length, (long)lines[4]["add"]!["size"]!);
    }

    private static void RunAtOnce(int count, Action<int> work)
    {
        var failures = new ConcurrentBag<Exception>();
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Empty(failures);
    }
}
