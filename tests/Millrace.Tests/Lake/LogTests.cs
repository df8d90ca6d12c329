using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class LogTests : LakeTestBase
{
    [Fact]
    public void Ten_commits_make_a_checkpoint_and_the_entries_before_it_may_go()
    {
        var results = Commits(13);
        Assert.All(results, r => Assert.Null(r.CheckpointFailure));
        Assert.True(File.Exists(Path.Combine(Log, "00000000000000000010.checkpoint.parquet")));
        Assert.Contains("\"version\":10", File.ReadAllText(Path.Combine(Log, "_last_checkpoint")));

        var whole = Table.Latest()!;
        for (var v = 0; v < 10; v++)
            File.Delete(EntryPath(v));
        var table = new LakeTable(Table.Folder);
        var late = table.Latest()!;
        Assert.Equal(whole.Files.Select(f => (f.Path, f.Size, f.Stats, f.ModifiedAt)),
            late.Files.Select(f => (f.Path, f.Size, f.Stats, f.ModifiedAt)));
        Assert.Equal(whole.Files[0].Tags.Count, late.Files[0].Tags.Count);
        Assert.Equal(whole.Transactions.OrderBy(t => t.Key), late.Transactions.OrderBy(t => t.Key));
        Assert.Equal((whole.Version, whole.EntryHash, whole.CommitTime, whole.RowCount),
            (late.Version, late.EntryHash, late.CommitTime, late.RowCount));
        Assert.Equal(whole.Schema, late.Schema);
        Assert.Equal(whole.Tombstones.Select(t => t.Path).Order(), late.Tombstones.Select(t => t.Path).Order());
        Assert.Equal(Rows(whole), Rows(late));
        Assert.Equal(results[10].EntryHash, table.Read(10).EntryHash);
        Assert.Equal(["9", "10", "11", "12"], Rows(late).TakeLast(4).Select(r => r.Split(' ')[1].TrimEnd('}')));
        Assert.Contains("Version 3", Assert.Throws<LakeException>(() => table.Read(3)).Message);
        Assert.Equal(10, table.History()[0].Version);

        table.Commit(table.Append(late, Stage("SELECT 99 AS a", Columns("a BIGINT")), Stamp("after", minutes: 60)));
        Assert.Equal(whole.RowCount + 1, table.Latest()!.RowCount);
    }

    [Fact]
    public void The_hint_for_the_last_checkpoint_may_be_missing_or_wrong()
    {
        Commits(12);
        for (var v = 0; v < 10; v++)
            File.Delete(EntryPath(v));
        var hint = Path.Combine(Log, "_last_checkpoint");
        foreach (var text in new[] { "", "{\"version\":", "{\"version\":7,\"size\":1}", "{\"version\":70}" })
        {
            File.WriteAllText(hint, text);
            Assert.Equal(11, new LakeTable(Table.Folder).Latest()!.Version);
        }

        File.Delete(hint);
        Assert.Equal(12, new LakeTable(Table.Folder).Latest()!.RowCount);
    }

    [Fact]
    public void A_damaged_checkpoint_falls_back_to_the_log()
    {
        Commits(12);
        var checkpoint = Path.Combine(Log, "00000000000000000010.checkpoint.parquet");
        var bytes = File.ReadAllBytes(checkpoint);
        File.WriteAllBytes(checkpoint, bytes[..(bytes.Length / 2)]);
        Assert.Equal(12, new LakeTable(Table.Folder).Latest()!.RowCount);

        File.Delete(EntryPath(4));
        var message = Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).Latest()).Message;
        Assert.Contains("version 4 is missing", message);
    }

    [Fact]
    public void A_torn_entry_before_a_checkpoint_does_no_harm()
    {
        Commits(12);
        File.WriteAllText(EntryPath(2), "{\"add\":");
        Assert.Equal(12, new LakeTable(Table.Folder).Latest()!.RowCount);
        Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).Read(5));
    }

    [Fact]
    public void A_log_that_is_long_is_read_through_its_checkpoint_and_gives_the_same()
    {
        Commits(22);
        var heavy = Table.Append(Table.Latest(), Stage("SELECT 22 AS a", Columns("a BIGINT")), Stamp("heavy"));
        Table.Commit(heavy with { Info = new System.Text.Json.Nodes.JsonObject { ["note"] = new string('x', 3 << 20) } });
        Commits(8, from: 23);
        for (var v = 0; v < 20; v++)
            File.WriteAllText(EntryPath(v), "not read");

        var table = new LakeTable(Table.Folder).Latest()!;
        Assert.Equal(31, table.RowCount);
        Assert.Equal(Enumerable.Range(0, 31).Select(i => $"{{'a': {i}}}"), Rows(table));
        Assert.Equal(24, new LakeTable(Table.Folder).Read(23).RowCount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("{\"commitInfo\":{\"timestamp\":1}}\n{\"add\":{\"path\":\"part-1.parquet\",\"si")]
    [InlineData("not json")]
    [InlineData("17")]
    [InlineData("{\"add\":{\"size\":1}}")]
    [InlineData("{\"add\":{\"path\":\"a\",\"size\":\"x\"}}")]
    [InlineData("\0\0\0\0\0\0")]
    [InlineData("{\"add\":{\"path\":\"a\"}}{\"add\":{\"path\":\"b\"}}")]
    public void A_torn_entry_is_refused_with_its_name_and_the_way_out(string text)
    {
        Commits(2);
        File.WriteAllText(EntryPath(1), text);
        foreach (var table in new[] { Table, new LakeTable(Table.Folder) })
        {
            var message = Assert.Throws<LakeException>(() => table.Latest()).Message;
            Assert.Contains(Entry(1), message);
            Assert.Contains("at version 0 again", message);
            Assert.Equal(0, table.Read(0).Version);
        }
    }

    [Fact]
    public void A_gap_in_the_log_is_refused_with_the_missing_version()
    {
        Commits(4);
        File.Delete(EntryPath(2));
        Assert.Contains("version 2 is missing", Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).Latest()).Message);
        Assert.Contains("version 2 is missing", Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).History()).Message);
        Assert.Equal(1, new LakeTable(Table.Folder).Read(1).Version);

        File.Delete(EntryPath(0));
        Assert.Contains("version 0 is missing", Assert.Throws<LakeException>(() => new LakeTable(Table.Folder).Read(1)).Message);
    }

    [Fact]
    public void Temporary_files_of_dead_writers_are_ignored_and_old_ones_cleaned()
    {
        Commits(1);
        var stray = Path.Combine(Log, ".0123.json.tmp");
        var fresh = Path.Combine(Log, ".4567.json.tmp");
        File.WriteAllText(stray, "{\"add\":");
        File.WriteAllText(fresh, "{\"add\":");
        File.SetLastWriteTimeUtc(stray, Noon.UtcDateTime.AddDays(-2));
        File.SetLastWriteTimeUtc(fresh, Noon.UtcDateTime);
        Assert.Equal(0, new LakeTable(Table.Folder).LatestVersion);
        Append("next", "SELECT 1 AS a", "a BIGINT");
        Assert.False(File.Exists(stray));
        Assert.True(File.Exists(fresh));
    }

    [Theory]
    [InlineData("""{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz","catalogManaged"],"writerFeatures":["catalogManaged"]}""", "catalogManaged")]
    [InlineData("""{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["blahabl"],"writerFeatures":["blahabl"]}""", "blahabl")]
    [InlineData("""{"minReaderVersion":4,"minWriterVersion":8}""", "reader version 4")]
    public void A_table_that_needs_more_than_we_know_is_refused_by_the_feature(string protocol, string feature)
    {
        Commits(1);
        File.WriteAllText(EntryPath(1), $"{{\"protocol\":{protocol}}}\n");
        Assert.Contains($"'{feature}'", Assert.Throws<LakeException>(() => Table.Latest()).Message);
    }

    [Fact]
    public void A_table_that_asks_more_of_writers_is_read_and_not_written()
    {
        Commits(1);
        File.WriteAllText(EntryPath(1), """{"protocol":{"minReaderVersion":1,"minWriterVersion":8}}""");
        Assert.Equal(1, Table.Latest()!.RowCount);
        Assert.Contains("writer version 8", Assert.Throws<LakeException>(() => Append("t", "SELECT 1 AS a", "a BIGINT")).Message);
    }

    [Theory]
    [InlineData("../outside.parquet")]
    [InlineData("%2e%2e/outside.parquet")]
    [InlineData("/etc/passwd")]
    [InlineData("s3://bucket/x.parquet")]
    [InlineData("file:///etc/passwd")]
    public void A_file_outside_of_the_table_is_never_read(string path)
    {
        Commits(1);
        var add = new System.Text.Json.Nodes.JsonObject { ["path"] = path, ["size"] = 1, ["modificationTime"] = 1, ["dataChange"] = true };
        File.WriteAllText(EntryPath(1), new System.Text.Json.Nodes.JsonObject { ["add"] = add }.ToJsonString());
        Assert.Contains(path, Assert.Throws<LakeException>(() => Table.Latest()!.ToRelation()).Message);
    }

    [Fact]
    public void Removed_files_stay_in_the_checkpoint_for_a_week()
    {
        Commits(1);
        var old = Table.Latest()!.Files[0].Path;
        Table.Commit(Table.Overwrite(Table.Latest(), Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("o1", minutes: 10)));
        var young = Table.Latest()!.Files[0].Path;
        Table.Commit(Table.Overwrite(Table.Latest(), Stage("SELECT 1 AS a", Columns("a BIGINT")), Stamp("o2", minutes: 60 * 24 * 8)));
        for (var i = 3; i <= 10; i++)
            Append($"x{i}", "SELECT 1 AS a", "a BIGINT", minutes: 60 * 24 * 8);
        var checkpoint = Checkpoint.Read(new CheckpointFiles(10, [Path.Combine(Log, "00000000000000000010.checkpoint.parquet")]));
        Assert.Equal([young], checkpoint.Tombstones.Keys);
        Assert.DoesNotContain(old, checkpoint.Tombstones.Keys);
    }

    private List<CommitResult> Commits(int count, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => Append($"t{i}", $"SELECT {i} AS a", "a BIGINT"))];
}
