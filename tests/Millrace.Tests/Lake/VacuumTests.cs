using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class VacuumTests : LakeTestBase
{
    private const string A = "a BIGINT";

    private static VacuumOptions After(double days) => new() { Now = TimeProvider.System.GetUtcNow().AddDays(days) };

    private string[] OnDisk() => [.. Directory.EnumerateFiles(Table.Folder, "*.parquet").Select(f =>
        Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>Versions 0 and 1, of which the second has no file of the first; the times are real, since files have real times.</summary>
    private (string Old, string New) Two()
    {
        var now = TimeProvider.System.GetUtcNow();
        var first = Stage("SELECT 1 AS a", Columns(A));
        Table.Commit(Table.Append(null, first, Stamp("t0") with { Now = now }));
        var second = Stage("SELECT 2 AS a", Columns(A));
        Table.Commit(Table.Overwrite(Table.Latest(), second, Stamp("t1") with { Now = now }));
        return (first.Files[0].Path, second.Files[0].Path);
    }

    [Fact]
    public void A_file_goes_when_it_left_the_table_longer_ago_than_the_retention()
    {
        var (old, now) = Two();
        Assert.Empty(Table.Vacuum(After(6.9)).Files);
        Assert.Equal([old], Table.Vacuum(After(7.1) with { IsDryRun = true }).Files);
        Assert.Equal(2, OnDisk().Length);
        var report = Table.Vacuum(After(7.1));
        Assert.Equal((1, 0), (report.Files.Count, report.Orphans));
        Assert.True(report.Bytes > 0);
        Assert.Equal([now], OnDisk());
        Assert.Equal(["{'a': 2}"], Rows(Table.Latest()));
    }

    [Fact]
    public void A_file_that_was_written_long_ago_and_left_just_now_stays()
    {
        var (old, _) = Two();
        File.SetLastWriteTimeUtc(Path.Combine(Table.Folder, old), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-100));
        Assert.Empty(Table.Vacuum(After(1)).Files);
    }

    [Fact]
    public void What_a_dead_writer_left_is_found_and_what_a_living_one_is_writing_is_not()
    {
        Two();
        var staged = Stage("SELECT 3 AS a", Columns(A));
        Assert.Empty(Table.Vacuum(After(1)).Files);
        var report = Table.Vacuum(After(8));
        Assert.Equal(1, report.Orphans);
        Assert.Contains(staged.Files[0].Path, report.Files);
    }

    [Fact]
    public void A_pinned_version_keeps_its_files_and_the_report_says_who_holds_them()
    {
        var (old, _) = Two();
        var report = Table.Vacuum(After(8) with { Pins = [new VersionPin(0, "release 3 of 'prod'")] });
        Assert.Empty(report.Files);
        var held = Assert.Single(report.Held);
        Assert.Equal((old, "release 3 of 'prod'"), (held.Path, held.Pin.Holder));
        Assert.Equal(["{'a': 1}"], Rows(Table.Read(0)));
    }

    [Fact]
    public void A_pin_that_cannot_be_read_stops_everything()
    {
        Two();
        Assert.Contains("Version 7", Assert.Throws<LakeException>(() =>
            Table.Vacuum(After(8) with { Pins = [new VersionPin(7, "a model")] })).Message);
        Assert.Equal(2, OnDisk().Length);
    }

    [Fact]
    public void A_short_retention_must_be_asked_for()
    {
        Two();
        var hour = After(1) with { Retention = TimeSpan.FromHours(1) };
        Assert.Contains("shorter than that of the table", Assert.Throws<LakeException>(() => Table.Vacuum(hour)).Message);
        Assert.Single(Table.Vacuum(hour with { AllowsShort = true }).Files);

        Table.Commit(Table.SetProperties(Table.Latest()!, new Dictionary<string,
            string> { ["delta.deletedFileRetentionDuration"] = "interval 2 days" }, [], Stamp("p")));
        Assert.Empty(Table.Vacuum(After(1)).Files);
        Assert.Contains("2 days", Assert.Throws<LakeException>(() => Table.Vacuum(hour)).Message);
    }

    [Fact]
    public void A_longer_retention_keeps_what_the_checkpoint_has_forgotten()
    {
        var (old, _) = Two();
        for (var i = 2; i <= 11; i++)
            Table.Commit(Table.Append(Table.Latest(), Stage($"SELECT {i} AS a", Columns(A)), Stamp($"t{i}")
                with { Now = TimeProvider.System.GetUtcNow().AddDays(10 + i) }));
        Assert.DoesNotContain(old, Table.Vacuum(After(25) with { Retention = TimeSpan.FromDays(60), IsDryRun = true }).Files);
        Assert.Contains(old, new LakeTable(Table.Folder).Vacuum(After(25) with { IsDryRun = true }).Files);
    }

    [Fact]
    public void Only_what_belongs_to_the_table_is_looked_at()
    {
        Two();
        var note = Path.Combine(Table.Folder, "README.txt");
        var hidden = Path.Combine(Directory.CreateDirectory(Path.Combine(Table.Folder, "_other")).FullName, "x.parquet");
        File.WriteAllText(note, "mine");
        File.WriteAllText(hidden, "mine");
        Table.Vacuum(After(100));
        Assert.True(File.Exists(note) && File.Exists(hidden));
    }

    [Fact]
    public void What_a_dead_writer_left_of_partitions_is_found_with_its_folder()
    {
        var schema = Columns("a BIGINT; p VARCHAR");
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS a, 'x' AS p", schema, o => o with { PartitionBy = ["p"] }), Stamp("t")));
        var aside = Directory.CreateDirectory(Path.Combine(Table.Folder, "part-0-aside", "_millrace_partition_0=vx")).FullName;
        File.WriteAllText(Path.Combine(aside, "part-0-0.parquet"), "half");
        Assert.Equal(1, Table.Vacuum(After(8)).Orphans);
        Assert.Equal(["{'a': 1, 'p': x}"], Rows(Table.Latest()));
        Assert.False(Directory.Exists(aside));
    }

    [Fact]
    public void Old_entries_go_once_a_checkpoint_stands_in_and_what_is_pinned_stays_readable()
    {
        for (var i = 0; i <= 25; i++)
            Table.Commit(Table.Append(Table.Latest(), Stage($"SELECT {i} AS a", Columns(A)), Stamp($"t{i}", minutes: i)));
        Assert.Empty(Table.CleanLog(new LogCleaning { Now = Noon.AddDays(29) }));
        Table.CleanLog(new LogCleaning { Now = Noon.AddDays(40), Pinned = [12] });
        Assert.Equal(13, new LakeTable(Table.Folder).Read(12).RowCount);
        Assert.Equal(10, Table.History()[0].Version);

        Table.CleanLog(new LogCleaning { Now = Noon.AddDays(40) });
        var fresh = new LakeTable(Table.Folder);
        Assert.Equal((26L, 20L), (fresh.Latest()!.RowCount, fresh.History()[0].Version));
        Assert.Contains("no longer kept", Assert.Throws<LakeException>(() => fresh.Read(12)).Message);

        // What was committed before is still adopted.
        var again = fresh.Append(fresh.Latest(), Stage("SELECT 0 AS a", Columns(A), null, fresh), Stamp("t3")
            with { Mode = CommitMode.Rebase });
        Assert.True(fresh.Commit(again).Adopted);
    }

    [Fact]
    public void Tables_of_several_writers_clean_their_log_themselves_and_those_of_a_project_do_not()
    {
        foreach (var mode in new[] { CommitMode.Rebase, CommitMode.Restore })
        {
            var table = new LakeTable(Path.Combine(Root, mode.ToString()));
            for (var i = 0; i <= 20; i++)
            {
                var staged = Stage($"SELECT {i} AS a", Columns(A), null, table);
                table.Commit(table.Append(table.Latest(), staged, Stamp($"t{i}", minutes: i * 24 * 60 * 4) with { Mode = mode }));
            }

            Assert.Equal(mode == CommitMode.Rebase ? 10 : 0, table.History()[0].Version);
        }
    }
}
