using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

/// <summary>Every table that Spark, Databricks, delta-rs and the kernel's authors published, and what is expected of it.</summary>
public sealed class DeltaConformanceTests(DeltaTables tables, ITestOutputHelper output) : LakeTestBase, IClassFixture<DeltaTables>
{
    private const int MostFilesRead = 2_000;

    /// <summary>Tables that must be refused, and what the refusal must say.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["golden/deltalog-invalid-protocol-version"] = "'reader version 99'",
        ["golden/deltalog-state-reconstruction-from-checkpoint-missing-metadata"] = "has no columns",
        ["golden/deltalog-state-reconstruction-without-protocol"] = "no protocol action",
        ["golden/no-delta-log-folder"] = "it has no Delta log",
        ["golden/deltalog-commit-info"] = "has no columns",
        ["golden/update-deleted-directory"] = "has no columns",
        ["golden/data-reader-absolute-paths-escaped-chars"] = "no metaData action",
        ["delta-rs/simple_table_features"] = "'reader version 5'",
        ["data/crc-malformed"] = "it has no Delta log",
    };

    private readonly Dictionary<string, (string Kind, string Reason)> _exceptions = Exceptions();

    [Fact]
    public void Every_published_table_reads_as_expected_is_refused_for_its_fault_or_is_a_named_exception()
    {
        var (passed, differ, unsupported) = (0, 0, 0);
        var failures = new List<string>();
        foreach (var (name, folder) in tables.All.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            var verdict = Judge(name, folder, out var failure);
            var isException = _exceptions.TryGetValue(name, out var exception);
            output.WriteLine($"{name}: {failure ?? verdict}{(isException ? $" [{exception.Kind}: {exception.Reason}]" : "")}");
            if (failure is not null && (!isException || exception.Kind == "differs"))
                failures.Add($"{name}: {failure}");
            else if (failure is not null)
                unsupported++;
            else if (isException && exception.Kind == "unsupported")
                failures.Add($"{name}: it is listed as not supported, and passed");
            else if (isException)
                differ++;
            else
                passed++;
        }

        output.WriteLine($"passed: {passed}, differ on purpose: {differ}, not supported: {unsupported}");
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.All(_exceptions.Keys, name => Assert.Contains(name, tables.All.Keys));
        Assert.True(passed > 150, $"Only {passed} tables passed: some are missing.");
    }

    [Fact]
    public void A_file_that_was_added_with_a_scheme_and_removed_without_one_is_gone()
    {
        foreach (var name in new[] { "canonicalized-paths-normal-a", "canonicalized-paths-normal-b", "canonicalized-paths-special-a" })
        {
            var table = new LakeTable(tables[$"golden/{name}"]).Latest()!;
            Assert.Equal((1L, 0), (table.Version, table.Files.Count));
        }
    }

    [Fact]
    public void The_table_checkpoint_has_version_14_and_one_file()
    {
        var table = new LakeTable(tables["golden/checkpoint"]).Latest()!;
        Assert.Equal((14L, 1), (table.Version, table.Files.Count));
    }

    [Fact]
    public void A_checkpoint_without_metadata_is_refused_where_the_log_before_it_is_gone()
    {
        var copy = Path.Combine(Root, "copy");
        Directory.CreateDirectory(Path.Combine(copy, "_delta_log"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(tables["golden/deltalog-state-reconstruction-from-checkpoint-missing-metadata"], "_delta_log")))
        {
            if (!file.EndsWith("00000000000000000000.json", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(copy, "_delta_log", Path.GetFileName(file)));
        }

        var message = Assert.Throws<LakeException>(() => new LakeTable(copy).Latest()).Message;
        Assert.Contains("00000000000000000010.checkpoint.parquet", message);
        Assert.Contains("no metaData action", message);
    }

    [Fact]
    public void A_path_with_escaped_characters_is_decoded()
    {
        var table = new LakeTable(tables["golden/log-replay-special-characters-b"]).Latest()!;
        Assert.EndsWith("/special p@#h", Assert.Single(table.Files).FullPath(table.Folder));
    }

    [Theory]
    [InlineData("data/unshredded-variant")]
    [InlineData("delta-rs/spark-variant-checkpoint")]
    [InlineData("delta-rs/spark-shredded-variant-preview-delta")]
    public void A_variant_reads_as_the_json_of_its_value_at_every_depth(string name)
    {
        var table = new LakeTable(tables[name]).Latest()!;
        var sql = $"""
            SELECT count(*)::BIGINT, count(*) FILTER (v = key AND array_of_variants[1] = key AND struct_of_variants.v = key
                AND map_of_variants[id::VARCHAR] = key AND map_of_variants['nullKey'] IS NULL AND array_of_variants[2] IS NULL
                AND array_of_struct_of_variants[1].v = key AND array_of_struct_of_variants[2].v IS NULL
                AND struct_of_array_of_variants.v[2] = key)::BIGINT
            FROM (SELECT *, '{"{\"key\":' || id || '}'"} AS key FROM ({table.ToRelation().Sql}))
            """;
        var row = Connection.Query(sql).Rows().Single();
        Assert.True((long)row[0]! > 0);
        Assert.Equal(row[0], row[1]);
    }

    [Fact]
    public void Three_hundred_thousand_files_replay()
    {
        var table = new LakeTable(tables["data/300k-add-files-100-col-partitioned"]).Latest()!;
        Assert.True(table.Files.Count >= 300_000);
        Assert.All(table.Files, f => Assert.Single(f.PartitionValues));
    }

    [Theory]
    [InlineData("data/v2-checkpoints-json-with-sidecars")]
    [InlineData("data/v2-parquet-sidecars-struct-stats-only")]
    [InlineData("data/v1-multi-part-partitioned-struct-stats-only")]
    [InlineData("delta-rs/table_with_deletion_logs")]
    public void A_damaged_file_of_the_log_changes_nothing_or_is_named(string name)
    {
        foreach (var isWhole in new[] { true, false })
        {
            var copy = Path.Combine(Root, name.Replace('/', '_') + isWhole);
            Copy(Path.Combine(tables[name], "_delta_log"), Path.Combine(copy, "_delta_log"));
            if (!isWhole)
                File.Delete(Path.Combine(copy, "_delta_log", Entry(0)));
            var wanted = Summary(new LakeTable(copy).Latest()!);
            foreach (var path in Directory.EnumerateFiles(Path.Combine(copy, "_delta_log"), "*", SearchOption.AllDirectories).Where(p => !Path.GetFileName(p).StartsWith('.')))
            {
                var bytes = File.ReadAllBytes(path);
                foreach (var damage in new[] { [], bytes[..(bytes.Length / 3)], bytes[..(bytes.Length * 2 / 3)], [.. bytes.Select((b, i) => i % 50 == 7 ? (byte)0 : b)] })
                {
                    File.WriteAllBytes(path, damage);
                    try
                    {
                        Assert.Equal((path, wanted), (path, Summary(new LakeTable(copy).Latest()!)));
                    }
                    catch (LakeException e)
                    {
                        Assert.True(
                            e.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal) || Directory.EnumerateFiles(Path.Combine(copy, "_delta_log"), "*checkpoint*").Any(c => e.Message.Contains(Path.GetFileName(c), StringComparison.Ordinal)),
                            $"{path}: {e.Message}");
                    }
                }

                File.WriteAllBytes(path, bytes);
            }
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, File.ReadAllBytes(file));
        }
    }

    private static Dictionary<string, (string Kind, string Reason)> Exceptions([CallerFilePath] string here = "") => File
        .ReadLines(Path.Combine(Path.GetDirectoryName(here)!, "delta-exceptions.txt"))
        .Where(l => l.Length > 0 && l[0] != '#')
        .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(p => p[0], p => (p[1], p[2]), StringComparer.Ordinal);

    private string Judge(string name, string folder, out string? failure)
    {
        failure = null;
        try
        {
            if (!Refused.TryGetValue(name, out var fault))
                return Read(name, folder);
            var message = Assert.Throws<LakeException>(() => new LakeTable(folder) is { LatestVersion: { } latest } table ? table.Read(latest)
                : new LakeTable(folder).Read(0)).Message;
            Assert.Contains(fault, message);
            return "refused: " + fault;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = $"{e.GetType().Name}: {Regex.Replace(e.Message, @"\s+", " ")}";
            return "";
        }
    }

    private string Read(string name, string folder)
    {
        if (!Directory.EnumerateFiles(Path.Combine(folder, "_delta_log")).Any(f => f.EndsWith(".json", StringComparison.Ordinal) || f.EndsWith(".parquet", StringComparison.Ordinal)))
        {
            Assert.Null(new LakeTable(folder).Latest());
            return "no table";
        }

        var table = new LakeTable(folder).Latest()!;
        CheckEveryVersion(table);
        if (Replay(folder) is { } replayed)
            Assert.Equal(replayed.Order(StringComparer.Ordinal), table.Files.Select(f => f.Path + f.Vector?.PathOrInline).Order(StringComparer.Ordinal));
        if (table.Files.Count > MostFilesRead || table.Files.Any(f => !IsHere(f, folder)))
            return $"{table.Files.Count} files as the log says; they are not here";

        var expected = DeltaTables.Expected(folder);
        if (expected is null)
            return $"{CompareWithFiles(table)} rows of its files";
        var ours = Rows(table.ToRelation()).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Theirs(name, table, expected), ours);
        if (table.RowCount is { } rows)
            Assert.Equal(rows, ours.Count);
        return $"{ours.Count} rows as expected";
    }

    /// <summary>Reading a version through a fresh table and stepping to it from the one before must give the same.</summary>
    private static void CheckEveryVersion(Snapshot latest)
    {
        var stepping = new LakeTable(latest.Folder);
        for (var version = Math.Max(0, latest.Version - 12); version <= latest.Version; version++)
        {
            Snapshot fresh;
            try
            {
                fresh = new LakeTable(latest.Folder).Read(version);
            }
            catch (LakeException) when (version < latest.Version)
            {
                continue;
            }

            var stepped = stepping.Read(version);
            Assert.Equal(Summary(fresh), Summary(stepped));
        }
    }

    private static string Summary(Snapshot table) => $"{table.Schema} {string.Join(' ', table.Files.Select(f => f.Key + f.Rows).Order(StringComparer.Ordinal))}"
        + string.Join(' ', table.Transactions.OrderBy(t => t.Key, StringComparer.Ordinal));

    private static bool IsHere(DataFile file, string folder)
    {
        try
        {
            return File.Exists(file.FullPath(folder));
        }
        catch (LakeException)
        {
            return false;
        }
    }

    private List<string> Theirs(string name, Snapshot table, string expected)
    {
        if (!Directory.EnumerateFiles(expected, "*.parquet", SearchOption.AllDirectories).Any())
            return [];
        var columns = table.Schema.Columns.Select(c => (name, c.Name) == ("golden/data-reader-partition-values", "as_timestamp")
            ? "CASE WHEN as_timestamp IS NULL THEN NULL ELSE TIMESTAMPTZ '2021-09-08 11:11:11+00' END AS as_timestamp"
            : $"{SqlName.Quote(c.Name)}::{c.Type.Sql} AS {SqlName.Quote(c.Name)}");
        var glob = SqlName.Text(Path.Combine(expected, "**", "*.parquet"));
        return [.. Rows($"SELECT {string.Join(", ", columns)} FROM read_parquet({glob}, hive_partitioning=false)").Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads each file by itself, without our SQL: columns by the names that the log gives, values of partitions from the log. Deleted
    /// rows are only counted here; the tables with expected rows say which they are.</summary>
    private long CompareWithFiles(Snapshot table)
    {
        var fields = JsonNode.Parse(table.Metadata.SchemaString)!["fields"]!.AsArray();
        var isMapped = fields.Any(f => f!["metadata"]?["delta.columnMapping.physicalName"] is not null);
        var simple = table.Schema.Columns.Zip(fields).Where(p => p.Second!["type"] is JsonValue type && type.GetValue<string>() is not "variant" && !(p.First.Type.IsNested && isMapped)).ToList();
        var all = new List<string>();
        var count = 0L;
        foreach (var file in table.Files)
        {
            var source = $"read_parquet({SqlName.Text(FileRelation.Literally(file.FullPath(table.Folder)))}, hive_partitioning=false)";
            var present = Connection.Prepare($"SELECT * FROM {source}").Columns.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var columns = simple.Select(p =>
            {
                var stored = isMapped ? (string?)p.Second!["metadata"]?["delta.columnMapping.physicalName"] ?? p.First.Name : p.First.Name;
                var value = !table.PartitionColumns.Contains(p.First.Name) ? (present.Contains(stored) ? SqlName.Quote(stored) : "NULL")
                    : file.PartitionValues.GetValueOrDefault(stored) is { Length: > 0 } text ? Value(text, p.First.Type) : "NULL";
                return $"{value}::{p.First.Type.Sql} AS {SqlName.Quote(p.First.Name)}";
            });
            var rows = Rows($"SELECT {string.Join(", ", columns.DefaultIfEmpty("1 AS one"))} FROM {source}");
            count += rows.Count - (file.Vector?.Cardinality ?? 0);
            all.AddRange(rows);
        }

        var wanted = simple.Count == 0 ? "1 AS one" : string.Join(", ", simple.Select(p => SqlName.Quote(p.First.Name)));
        var ours = Rows($"SELECT {wanted} FROM ({table.ToRelation().Sql})").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(count, ours.Count);
        if (table.RowCount is { } known)
            Assert.Equal(known, count);
        if (table.Files.All(f => f.Vector is null))
            Assert.Equal(all.Order(StringComparer.Ordinal), ours);
        else
        {
            var left = all.CountBy(r => r).ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
            Assert.All(ours, row => Assert.True(left.TryGetValue(row, out var times) && (left[row] = times - 1) >= 0, row));
        }

        return count;
    }

    private static string Value(string text, DataType type) => type == DataType.Binary ? $"encode({SqlName.Text(text)})" : SqlName.Text(text);

    /// <summary>The plainest replay: only where the log is whole from version 0 on.</summary>
    private static HashSet<string>? Replay(string folder)
    {
        var entries = Directory.EnumerateFiles(Path.Combine(folder, "_delta_log"), "*.json").Where(f => Path.GetFileNameWithoutExtension(f).Length == 20)
            .Order(StringComparer.Ordinal).ToList();
        if (entries.Count == 0 || Path.GetFileNameWithoutExtension(entries[0]) != new string('0', 20))
            return null;

        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var actions = File.ReadLines(entry).Where(l => l.Trim().Length > 0).Select(l => JsonNode.Parse(l)!).ToList();
            foreach (var gone in actions.Select(a => a["remove"]).OfType<JsonNode>())
                files.Remove(Key(gone));
            foreach (var add in actions.Select(a => a["add"]).OfType<JsonNode>())
                files[Key(add)] = (string)add["path"]! + (string?)add["deletionVector"]?["pathOrInlineDv"];
        }

        return [.. files.Values];

        static string Key(JsonNode action) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Uri.UnescapeDataString(((string)action["path"]!).Replace("file://", "", StringComparison.Ordinal).Replace("file:", "", StringComparison.Ordinal))}|{action["deletionVector"]?["pathOrInlineDv"]}|{action["deletionVector"]?["offset"]}");
    }
}
