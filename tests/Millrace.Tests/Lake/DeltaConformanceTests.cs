using System.Diagnostics;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

/// <summary>Tables that Spark, delta-rs and others wrote. The variable MILLRACE_CONFORMANCE names the folder that holds them.</summary>
public sealed class DeltaConformanceTests(ITestOutputHelper output) : LakeTestBase
{
    /// <summary>Logs that describe no table, or name files outside of the table's folder: refused, but not for a feature.</summary>
    private static readonly string[] NoTables =
    [
        "canonicalized-paths-normal-a", "canonicalized-paths-normal-b", "canonicalized-paths-special-a", "data-reader-absolute-paths-escaped-chars",
        "deltalog-commit-info", "deltalog-state-reconstruction-from-checkpoint-missing-metadata", "deltalog-state-reconstruction-without-protocol",
        "update-deleted-directory", "void-column",
    ];

    /// <summary>Its writer stood in another time zone, which nothing in the table tells; the kernel's own test leaves it out for that.</summary>
    private const string OfAnotherTimeZone = "data-reader-partition-values";

    [Fact]
    public void Tables_of_delta_rs_read_as_their_files_say_or_are_refused_by_a_feature()
    {
        var root = Conformance("delta-rs-testdata");
        var report = new Report();
        foreach (var log in Directory.EnumerateDirectories(root, "_delta_log", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            report.Add(Path.GetFileName(Path.GetDirectoryName(log)!), () => Judge(Path.GetDirectoryName(log)!, null));
        report.Conclude(output, atLeast: 28);
    }

    [Fact]
    public void Tables_of_the_delta_kernel_read_as_expected_or_are_refused_by_a_feature()
    {
        var root = Conformance(Path.Combine("delta-kernel-rs", "kernel", "tests"));
        var report = new Report();
        foreach (var log in Directory.EnumerateDirectories(root, "_delta_log", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            report.Add(Path.GetFileName(Path.GetDirectoryName(log)!), () => Judge(Path.GetDirectoryName(log)!, null));
        foreach (var archive in Directory.EnumerateFiles(root, "*.tar.zst", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            report.Add(Path.GetFileName(archive)[..^".tar.zst".Length], () => JudgeArchive(archive));
        report.Conclude(output, atLeast: 50);
    }

    private static string Conformance(string folder)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of tables that other programs wrote.");
        return Path.Combine(root, folder);
    }

    private string JudgeArchive(string archive)
    {
        var folder = Path.Combine(Root, Path.GetFileName(archive));
        Directory.CreateDirectory(folder);
        using (var unpack = Process.Start("sh", ["-c", $"zstd -dc '{archive}' | tar -x -C '{folder}'"]))
        {
            unpack.WaitForExit();
            if (unpack.ExitCode != 0)
                return "skipped: no zstd or tar here";
        }

        try
        {
            var log = Directory.EnumerateDirectories(folder, "_delta_log", SearchOption.AllDirectories).FirstOrDefault();
            if (log is null)
            {
                Assert.False(new LakeTable(folder).Exists);
                return "passed: no table";
            }

            var table = Path.GetDirectoryName(log)!;
            if (Path.GetFileName(archive).StartsWith(OfAnotherTimeZone, StringComparison.Ordinal))
                return "skipped: its timestamps are of a time zone that it does not name";
            var expected = Path.Combine(Path.GetDirectoryName(table)!, "expected");
            return Judge(table, Directory.Exists(expected) ? expected : null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string Judge(string folder, string? expected)
    {
        var table = new LakeTable(folder).Latest();
        if (table is null)
            return "skipped: an empty log";
        var relation = table.ToRelation();
        var replayed = Replay(folder);
        if (replayed is not null)
            Assert.Equal(replayed.Order(StringComparer.Ordinal), table.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        if (table.Files.Count > 5_000 || table.Files.Any(f => !File.Exists(Path.Combine(folder, Uri.UnescapeDataString(f.Path)))))
            return replayed is null ? "skipped: its files are not here" : "passed: the log only, its files are not here";

        var ours = Rows(relation).Order(StringComparer.Ordinal).ToList();
        if (table.RowCount is { } rows)
            Assert.Equal(rows, ours.Count);
        if (expected is not null)
        {
            var glob = Path.Combine(expected, "**", "*.parquet");
            Assert.Equal(Directory.EnumerateFiles(expected, "*.parquet", SearchOption.AllDirectories).Any() ? Theirs(table, SqlName.Text(glob), "false") : [], ours);
            return "passed: expected rows";
        }

        var files = $"[{string.Join(", ", table.Files.Select(f => SqlName.Text(FileRelation.Literally(Path.Combine(folder, Uri.UnescapeDataString(f.Path))))))}]";
        if (table.Files.Count > 0)
            Assert.Equal(Theirs(table, files, table.PartitionColumns.Count > 0 ? "true, hive_types_autocast=false" : "false"), ours);
        return "passed: the rows of its files";
    }

    private List<string> Theirs(Snapshot table, string files, string hive)
    {
        var source = $"read_parquet({files}, union_by_name=true, hive_partitioning={hive})";
        var present = Connection.Prepare($"SELECT * FROM {source}").Columns.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var columns = table.Schema.Columns.Select(c => $"{(present.Contains(c.Name) ? SqlName.Quote(c.Name) : "NULL")}::{c.Type.Sql} AS {SqlName.Quote(c.Name)}");
        return [.. Rows($"SELECT {string.Join(", ", columns)} FROM {source}").Order(StringComparer.Ordinal)];
    }

    /// <summary>The plainest replay: only where the log is whole from version 0 on.</summary>
    private static HashSet<string>? Replay(string folder)
    {
        var entries = Directory.EnumerateFiles(Path.Combine(folder, "_delta_log"), "*.json").Where(f => Path.GetFileNameWithoutExtension(f).Length == 20)
            .Order(StringComparer.Ordinal).ToList();
        if (entries.Count == 0 || Path.GetFileNameWithoutExtension(entries[0]) != new string('0', 20))
            return null;

        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in entries.SelectMany(File.ReadLines).Where(l => l.Length > 0))
        {
            var action = JsonNode.Parse(line)!;
            if (((string?)action["remove"]?["path"] ?? (string?)action["add"]?["path"]) is not { } path)
                continue;
            files.Remove(path);
            if (action["add"] is not null)
                files.Add(path);
        }

        return files;
    }

    private sealed class Report
    {
        private readonly List<(string Name, string Verdict)> _lines = [];

        public void Add(string name, Func<string> judge)
        {
            try
            {
                _lines.Add((name, judge()));
            }
            catch (LakeException e) when (e.Message.Contains("feature '", StringComparison.Ordinal))
            {
                _lines.Add((name, "refused: " + e.Message.Split("feature '")[1].Split('\'')[0]));
            }
            catch (LakeException e)
            {
                _lines.Add((name, "broken: " + e.Message));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _lines.Add((name, "FAILED: " + e.GetType().Name + " " + e.Message));
            }
        }

        public void Conclude(ITestOutputHelper output, int atLeast)
        {
            foreach (var (name, verdict) in _lines)
                output.WriteLine($"{name}: {verdict}");
            foreach (var group in _lines.GroupBy(l => l.Verdict.Split(':')[0]).OrderBy(g => g.Key, StringComparer.Ordinal))
                output.WriteLine($"{group.Key}: {group.Count()}");
            Assert.DoesNotContain(_lines, l => l.Verdict.StartsWith("FAILED", StringComparison.Ordinal));
            Assert.DoesNotContain(_lines, l => l.Verdict.StartsWith("broken", StringComparison.Ordinal) && !NoTables.Contains(l.Name));
            Assert.True(_lines.Count(l => l.Verdict.StartsWith("passed", StringComparison.Ordinal)) >= atLeast, $"Fewer than {atLeast} tables passed.");
        }
    }
}
