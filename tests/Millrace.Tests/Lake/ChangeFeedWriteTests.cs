using System.Text.Json.Nodes;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class ChangeFeedWriteTests : LakeTestBase
{
    private const string Wares = "id BIGINT; name VARCHAR";

    private Snapshot Fed(params string[] partitions)
    {
        var staged = Stage("SELECT i AS id, 'w' || i % 2 AS name FROM range(6) t(i)", Columns(Wares), o => o
            with { PartitionBy = partitions });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        Table.Commit(Table.SetProperties(Table.Latest()!, new Dictionary<string, string> { ["delta.enableChangeDataFeed"] = "true" }, [],
            Stamp("p")));
        return Table.Latest()!;
    }

    /// <summary>The change data of a version, as its files hold it.</summary>
    private IReadOnlyList<string> Changes(long version)
    {
        var files = File.ReadAllLines(EntryPath(version)).Select(l => JsonNode.Parse(l)!["cdc"]).OfType<JsonObject>()
            .Select(c => Path.Combine(Table.Folder, Uri.UnescapeDataString((string)c["path"]!))).ToList();
        Assert.All(files, f => Assert.StartsWith(Path.Combine(Table.Folder, "_change_data"), f, StringComparison.Ordinal));
        var changes = files.Count == 0 ? []
            : Rows($"SELECT _change_type, id FROM read_parquet(['{string.Join("', '", files)}']) ORDER BY ALL");
        if (files.Count > 0)
            Assert.Equal(changes, Rows($"SELECT _change_type, id FROM ({Table.Changes(version, version).Sql}) ORDER BY ALL"));
        return changes;
    }

    [Fact]
    public void A_table_that_feeds_changes_has_the_protocol_that_says_so() =>
        Assert.Equal((1, 4), (Fed().Protocol.MinReader, Table.Latest()!.Protocol.MinWriter));

    [Fact]
    public void A_delete_writes_the_rows_that_went()
    {
        Table.Commit(Table.Delete(Connection, Fed(), "id IN (1, 2)", Stamp("d")));
        Assert.Equal(["{'_change_type': delete, 'id': 1}", "{'_change_type': delete, 'id': 2}"], Changes(2));
        Assert.Equal(4, Table.Latest()!.RowCount);
    }

    [Fact]
    public void A_file_that_goes_as_a_whole_needs_no_change_data()
    {
        Table.Commit(Table.Delete(Connection, Fed(), "id >= 0", Stamp("d")));
        Assert.Empty(Changes(2));
        Assert.Empty(Table.Latest()!.Files);
    }

    [Fact]
    public void An_update_writes_rows_before_and_after()
    {
        Table.Commit(Table.Update(Connection, Fed(), new Dictionary<string, string> { ["id"] = "id + 100" }, "id = 3", Stamp("u")));
        Assert.Equal(["{'_change_type': update_postimage, 'id': 103}", "{'_change_type': update_preimage, 'id': 3}"], Changes(2));
    }

    [Fact]
    public void A_merge_writes_all_that_it_did_in_partitions_too()
    {
        var source = "SELECT unnest([1, 2, 9]) AS id, unnest(['w7', 'w0', 'w1']) AS name, unnest(['U', 'D', 'U']) AS op";
        Table.Commit(Table.Merge(Connection, Fed("name"), source, new MergeOptions { Keys = ["id"], DeleteWhen = "s.op = 'D'" },
            Stamp("m")));
        Assert.Equal(
            ["{'_change_type': delete, 'id': 2}", "{'_change_type': insert, 'id': 9}", "{'_change_type': update_postimage, 'id': 1}",
                "{'_change_type': update_preimage, 'id': 1}"],
            Changes(2));
        Assert.Equal(6, Table.Latest()!.RowCount);
    }

    [Fact]
    public void Change_data_is_no_part_of_the_table_and_vacuum_takes_it_away_in_time()
    {
        Table.Commit(Table.Delete(Connection, Fed(), "id = 1", Stamp("d") with { Now = TimeProvider.System.GetUtcNow() }));
        Assert.Equal(5, new LakeTable(Table.Folder).Latest()!.RowCount);
        Assert.Empty(Table.Vacuum(new VacuumOptions { Now = TimeProvider.System.GetUtcNow().AddDays(6) }).Files);
        var report = Table.Vacuum(new VacuumOptions { Now = TimeProvider.System.GetUtcNow().AddDays(8) });
        Assert.Contains(report.Files, f => f.StartsWith("_change_data", StringComparison.Ordinal));
        Assert.Equal(0, report.Orphans);
    }
}
