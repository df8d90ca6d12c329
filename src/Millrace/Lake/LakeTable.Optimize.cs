using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const string ClusterTag = "millrace.clustered";

    /// <summary>Rows that are looked at to divide a column into parts of equal weight.</summary>
    private const int SampleRows = 100_000;

    /// <summary>The base's rows in fewer or better ordered files. The commit says that no row changed.</summary>
    /// <remarks>Files of one partition and of equal tags are packed together, in their order. With columns to cluster by, a group of files
    /// is written anew as a whole unless all of it lies so already.</remarks>
    /// <param name="connection">Reads, sorts and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="options">Sizes, columns, and which files.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">A column to cluster by is unknown, nested, or a partition column; or there are more than
    /// four.</exception>
    public CommitRequest Optimize(DuckConnection connection, Snapshot @base, OptimizeOptions options, CommitStamp stamp)
    {
        var columns = options.ClusterBy.Select(c => Clusterable(@base, c)).ToList();
        if (columns.Count > 4)
            throw new LakeException($"The table '{Folder}' cannot be clustered by {columns.Count} columns. Four is the most: each more "
                + $"column "
                + "halves what the others gain.");
        var where = options.Where is null ? null : new RowPredicate(connection, @base, options.Where);
        var mark = string.Join(", ", columns.Select(c => SqlName.Quote(c.Name)));
        var staged = new List<StagedFiles>();
        return Guarded(staged, () =>
        {
            var removed = new List<DataFile>();
            foreach (var group in @base.Files.Where(f => where?.MayMatch(f) ?? true).GroupBy(f => PartitionKey(f) + '\u0003' + TagText(f)))
            {
                foreach (var bin in columns.Count == 0 ? Packed([.. group], options.TargetFileBytes)
                    : Unclustered([.. group], mark, options.TargetFileBytes))
                {
                    var rows = RowsOf(@base, bin);
                    var tags = bin[0].Tags.Where(t => t.Key != ClusterTag).ToDictionary();
                    if (columns.Count > 0)
                        tags[ClusterTag] = mark;
                    staged.Add(Stage(connection, columns.Count == 0 ? rows : Clustered(connection, rows, @base.Schema, columns),
                        @base.Schema, OptionsOf(@base, stamp) with
                    {
                        Tags = tags,
                        Partition = bin[0].PartitionValues,

                        // A bin is at most the target together, and comes out a little smaller or larger.
                        TargetFileBytes = columns.Count == 0 ? options.TargetFileBytes * 2 : options.TargetFileBytes,
                        RowGroupSize = columns.Count == 0 ? StageOptions.UsualRowGroupSize : RowGroupOf(bin, options.TargetFileBytes),
                    }));
                    removed.AddRange(bin);
                }
            }

            return Change(@base, stamp, "OPTIMIZE") with
            {
                Add = [.. staged.SelectMany(s => s.Files)],
                Remove = removed,
                IsRearrangement = true,
                Parameters = new Dictionary<string, string> { ["predicate"] = options.Where ?? "", ["clusterBy"] = $"[{mark}]" },
                Metrics = new Dictionary<string, long>
                {
                    ["numAddedFiles"] = staged.Sum(s => s.Files.Count), ["numAddedBytes"] = staged.Sum(s => s.Bytes),
                    ["numRemovedBytes"] = removed.Sum(f => f.Size),
                },
                Staged = [.. staged],
            };
        });
    }

    private Column Clusterable(Snapshot table, string name)
    {
        var column = Known(table, name);
        if (column.Type.IsNested || column.Type == DataType.Boolean || column.Type == DataType.Binary)
            throw new LakeException($"The table '{Folder}' cannot be clustered by '{column.Name}': files have no bounds for values of "
                + $"type {column.Type}.");
        if (table.PartitionColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
            throw new LakeException($"The table '{Folder}' cannot be clustered by '{column.Name}': it is partitioned by it already.");
        return column;
    }

    private static string PartitionKey(DataFile file) =>
        string.Join('\u0001', file.PartitionValues.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p =>
            $"{p.Key}\u0002{(string.IsNullOrEmpty(p.Value) ? "" : "v" + p.Value)}"));

    /// <summary>Runs of small files that follow each other, of about the target's size together.</summary>
    private static IEnumerable<IReadOnlyList<DataFile>> Packed(List<DataFile> files, long target)
    {
        var bin = new List<DataFile>();
        var size = 0L;
        foreach (var file in files.Where(f => f.Size < target * 3 / 4))
        {
            if (bin.Count > 0 && size + file.Size > target)
            {
                if (bin.Count > 1)
                    yield return bin;
                (bin, size) = ([], 0);
            }

            bin.Add(file);
            size += file.Size;
        }

        if (bin.Count > 1)
            yield return bin;
    }

    /// <summary>Files end where a row group does, so a row group may not be larger than a file is to be.</summary>
    private static int RowGroupOf(IReadOnlyList<DataFile> files, long target)
    {
        const int Vector = 2048;
        if (files.Aggregate((long?)0, (sum, f) => sum + f.Rows) is not { } rows || rows == 0)
            return StageOptions.UsualRowGroupSize;
        var rowsOfTarget = target * rows / Math.Max(1, files.Sum(f => f.Size));
        return (int)Math.Clamp(rowsOfTarget / Vector * Vector, Vector, StageOptions.UsualRowGroupSize);
    }

    private static IEnumerable<IReadOnlyList<DataFile>> Unclustered(List<DataFile> files, string mark, long target)
    {
        var isDone = files.TrueForAll(f => f.Tags.GetValueOrDefault(ClusterTag) == mark) && files.Count(f => f.Size < target / 2) < 2;
        if (!isDone)
            yield return files;
    }

    /// <summary>The rows in the order of the curve. Each column is divided into parts of about equally many rows, so that the grid's cells
    /// are
    /// even whatever the values; NULL lies in the first part.</summary>
    private static string Clustered(DuckConnection connection, string rows, Schema schema, List<Column> columns)
    {
        var names = columns.Select(c => SqlName.Quote(c.Name)).ToList();
        if (columns.Count == 1)
            return $"SELECT * FROM ({rows}) ORDER BY {names[0]}";

        var bits = 16 / columns.Count;
        var parts = 1 << bits;
        var fractions = string.Join(", ",
            Enumerable.Range(1, parts - 1).Select(i => ((double)i / parts).ToString("R", CultureInfo.InvariantCulture)));
        var quantiles = names.Select(n => $"list_distinct(quantile_disc({n}, [{fractions}])::VARCHAR[])");
        var sample = $"SELECT {string.Join(", ", quantiles)} FROM (SELECT {string.Join(", ", names)} FROM ({rows})) USING SAMPLE "
            + $"reservoir({SampleRows} ROWS) REPEATABLE (1)";
        var bounds = connection.Query(sample).Rows().Single();
        var cell = columns.Select((c, i) => $"({Part(connection, c, names[i], bounds[i])} << {i * bits})");
        var places = new int[1 << (bits * columns.Count)];
        Span<int> axes = stackalloc int[columns.Count];
        for (var number = 0; number < places.Length; number++)
        {
            for (var i = 0; i < axes.Length; i++)
                axes[i] = (number >> (i * bits)) & (parts - 1);
            places[number] = HilbertCurve.Place(axes, bits);
        }

        return $"SELECT {ColumnList(schema)} FROM ({rows}) ORDER BY ([{string.Join(',', places)}]::INTEGER[])[1 + "
            + $"({string.Join(" | ", cell)})], {string.Join(", ", names)}";
    }

    /// <summary>The number of the part in which a value lies, as a tree of comparisons.</summary>
    private static string Part(DuckConnection connection, Column column, string name, object? bounds)
    {
        var texts = (bounds as object?[] ?? []).OfType<string>().ToList();
        if (texts.Count == 0)
            return "0";
        var list = string.Join(", ", texts.Select(SqlName.Text));
        var sorted = (object?[])connection.Query($"SELECT list_sort([{list}]::{column.Type.Sql}[])::VARCHAR[]").Scalar()!;
        return $"CASE WHEN {name} IS NULL THEN 0 ELSE {Tree(0, sorted.Length)} END";

        string Tree(int from, int to)
        {
            if (from == to)
                return from.ToString(CultureInfo.InvariantCulture);
            var middle = (from + to) / 2;
            return $"CASE WHEN {name} < {SqlName.Text((string)sorted[middle]!)}::{column.Type.Sql} THEN {Tree(from, middle)} ELSE "
                + $"{Tree(middle + 1, to)} END";
        }
    }
}
