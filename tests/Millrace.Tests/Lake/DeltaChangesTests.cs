using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

/// <summary>Change data feeds that Spark, Databricks and delta-rs wrote.</summary>
public sealed class DeltaChangesTests(DeltaTables tables, ITestOutputHelper output) : LakeTestBase, IClassFixture<DeltaTables>
{
    private const string Enabled = "delta.enableChangeDataFeed";

    /// <summary>A commit made by hand that only holds a feed: nothing came into the table.</summary>
    private static readonly (string Name, long Version) FeedAlone = ("data/cdf-table-simple", 2);

    /// <summary>Around a deletion vector that is no base 85, see delta-exceptions.txt.</summary>
    private static readonly HashSet<(string Name, long Version)> Damaged = [("data/cdf-table-with-dv", 5), ("data/cdf-table-with-dv", 6)];

    [Fact]
    public void Rows_before_and_what_came_equal_rows_after_and_what_went_at_every_version_of_every_table()
    {
        var (versions, seen) = (0, new HashSet<string>());
        foreach (var (name, folder) in tables.All.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            Snapshot? latest;
            try
            {
                latest = new LakeTable(folder).Latest();
            }
            catch (LakeException)
            {
                continue;
            }

            for (var version = 0L; version <= latest?.Version; version++)
            {
                if ((name, version) == FeedAlone || !IsKept(latest, version))
                    continue;
                if (Damaged.Contains((name, version)))
                {
                    Assert.Contains("base 85", Assert.Throws<LakeException>(() => new LakeTable(folder).Changes(version, version)).Message);
                    continue;
                }

                foreach (var row in Balance(new LakeTable(folder), version))
                    Assert.Fail($"{name}@{version}: {row}");
                seen.Add(name);
                versions++;
            }
        }

        output.WriteLine($"{versions} versions of {seen.Count} tables: {string.Join(", ", seen)}");
        Assert.True(versions >= 60, $"Only {versions} versions had a feed.");
    }

    [Fact]
    public void A_feed_over_many_versions_is_the_feeds_of_each()
    {
        foreach (var name in new[] { "data/cdf-table-with-cdc-and-dvs", "delta-rs/cdc_ict_table", "data/cdf-column-mapping-id-mode", "data/cdf-table-with-dv" })
        {
            var table = new LakeTable(tables[name]);
            var latest = table.LatestVersion!.Value;
            var first = Enumerable.Range(0, (int)latest + 1).First(v => IsKept(table.Read(latest), v));
            var last = LastReadable(table, first);
            var together = Rows(table.Changes(first, last)).Order(StringComparer.Ordinal);
            var apart = Enumerable.Range(first, (int)(last - first) + 1).SelectMany(v => Rows(table.Changes(v, v))).Order(StringComparer.Ordinal);
            Assert.Equal(apart, together);
        }
    }

    [Fact]
    public void Times_of_changes_are_the_in_commit_timestamps()
    {
        var table = new LakeTable(tables["delta-rs/cdc_ict_table"]);
        var history = table.History();
        var feed = Connection.Query($"SELECT DISTINCT _commit_version, _commit_timestamp FROM ({table.Changes(0).Sql}) ORDER BY ALL").Rows().ToList();

        // The first version created the table without rows.
        Assert.Equal(history.Skip(1).Select(h => (object)h.Version), feed.Select(r => r[0]!));
        Assert.Equal(history.Skip(1).Select(h => (object)h.Time), feed.Select(r => r[1]!));

        // Someone set the second one back by hand; times rise nevertheless.
        var before = 0L;
        Assert.All(history, h => Assert.Equal(before = Math.Max((long)h.CommitInfo["inCommitTimestamp"]!, before + 1), h.Time.ToUnixTimeMilliseconds()));
    }

    [Fact]
    public void A_version_without_a_feed_is_refused()
    {
        var message = Assert.Throws<LakeException>(() => new LakeTable(tables["golden/snapshot-data3"]).Changes(0)).Message;
        Assert.Contains("version 0", message);
        Assert.Contains(Enabled, message);
        Assert.Contains("newest version is 3", Assert.Throws<LakeException>(() => new LakeTable(tables["golden/snapshot-data3"]).Changes(2, 9)).Message);
    }

    private static long LastReadable(LakeTable table, long from)
    {
        for (var last = table.LatestVersion!.Value; ; last--)
        {
            try
            {
                table.Changes(from, last);
                return last;
            }
            catch (LakeException) when (last > from)
            {
            }
        }
    }

    private static bool IsKept(Snapshot latest, long version)
    {
        try
        {
            var table = new LakeTable(latest.Folder).Read(version);
            return table.Configuration.GetValueOrDefault(Enabled) == "true" && table.Files.All(f => File.Exists(f.FullPath(table.Folder)));
        }
        catch (LakeException)
        {
            return false;
        }
    }

    private List<string> Balance(LakeTable table, long version)
    {
        var after = table.Read(version);
        var columns = string.Join(", ", after.Schema.Names.Select(SqlName.Quote));
        Snapshot? before = null;
        try
        {
            before = version == 0 ? null : table.Read(version - 1);
        }
        catch (LakeException e) when (e.Message.Contains("no longer kept", StringComparison.Ordinal))
        {
            return [];
        }

        var missing = before is null ? [] : after.Schema.Columns.Where(c => before.Schema.Find(c.Name) is null).ToList();
        if (before is not null && (missing.Count > 0 || before.Files.Any(f => !File.Exists(f.FullPath(before.Folder)))))
            return [];
        string feed;
        try
        {
            feed = table.Changes(version, version).Sql;
        }
        catch (LakeException e) when (e.Message.Contains("vacuumed", StringComparison.Ordinal))
        {
            return [];
        }

        var came = $"SELECT {columns} FROM ({feed}) WHERE _change_type IN ('insert', 'update_postimage')";
        var went = $"SELECT {columns} FROM ({feed}) WHERE _change_type IN ('delete', 'update_preimage')";
        var was = before is null ? $"SELECT {columns} FROM ({after.ToRelation().Sql}) WHERE false" : $"SELECT {columns} FROM ({before.ToRelation().Sql})";
        var left = $"({was}) UNION ALL ({came})";
        var right = $"(SELECT {columns} FROM ({after.ToRelation().Sql})) UNION ALL ({went})";
        return [.. Rows($"(({left}) EXCEPT ALL ({right})) UNION ALL (({right}) EXCEPT ALL ({left}))")];
    }
}
