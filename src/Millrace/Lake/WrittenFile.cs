using System.Globalization;
using Millrace.Assets;

namespace Millrace.Lake;

/// <summary>One file as the engine's COPY reports it, with what it measured of each leaf column.</summary>
internal sealed class WrittenFile
{
    private static readonly Dictionary<string, string?> NoKeys = [];

    private readonly Dictionary<string, LeafStatistics> _leaves;

    private WrittenFile(string name, long rows, long size, IReadOnlyList<LeafStatistics> leaves)
    {
        PartitionKeys = NoKeys;
        PartitionValues = NoKeys;
        Name = name;
        Rows = rows;
        Size = size;
        Leaves = leaves;
        _leaves = leaves.Where(l => l.Path.Count == 1).ToDictionary(l => l.Path[0], StringComparer.Ordinal);
    }

    /// <summary>Where it lies below the folder it was written to.</summary>
    public string Name { get; }

    /// <summary>The values that the engine partitioned by, by its column.</summary>
    public IReadOnlyDictionary<string, string?> PartitionKeys { get; private init; }

    /// <summary>The value of each partition column as the log writes it.</summary>
    public IReadOnlyDictionary<string, string?> PartitionValues { get; private init; }

    public long Rows { get; }

    public long Size { get; }

    /// <summary>In the order of the schema; columns inside of lists and maps are not among them.</summary>
    public IReadOnlyList<LeafStatistics> Leaves { get; }

    /// <summary>The statistics of a column that is no list, map or struct.</summary>
    public LeafStatistics? Find(string column) => _leaves.GetValueOrDefault(column);

    /// <summary>Reads a row of RETURN_STATS: filename, count, file_size_bytes, footer_size_bytes, column_statistics,
    /// partition_keys.</summary>
    public static WrittenFile Of(object?[] row, Schema schema)
    {
        var measured = new Dictionary<string, Dictionary<string, string?>>(StringComparer.Ordinal);
        if (row[4] is List<KeyValuePair<object?, object?>> columns)
        {
            foreach (var (name, values) in columns)
                measured[(string)name!] = ((List<KeyValuePair<object?, object?>>)values!)
                    .ToDictionary(v => (string)v.Key!, v => v.Value as string);
        }

        var leaves = new List<LeafStatistics>();
        foreach (var column in schema.Columns)
            Collect(column, [], "", measured, leaves);
        var (rows, bytes) = (Convert.ToInt64(row[1], CultureInfo.InvariantCulture), Convert.ToInt64(row[2], CultureInfo.InvariantCulture));
        var keys = row[5] is List<KeyValuePair<object?, object?>> { Count: > 0 } pairs
            ? pairs.ToDictionary(p => (string)p.Key!, p => p.Value as string)
            : NoKeys;
        return new WrittenFile(Path.GetFileName((string)row[0]!), rows, bytes, leaves) { PartitionKeys = keys };
    }

    /// <summary>The file in another place, with the values of its partition.</summary>
    public WrittenFile At(string name, IReadOnlyDictionary<string, string?> values) =>
        new(name, Rows, Size, Leaves) { PartitionValues = values };

    /// <summary>The engine names a leaf by its quoted path, <c>"st"."a"</c>; a list's elements and a map's keys have such names too and
    /// are left out.</summary>
    private static void Collect(
        Column column, IReadOnlyList<string> parents, string prefix, Dictionary<string, Dictionary<string, string?>> measured,
        List<LeafStatistics> leaves)
    {
        IReadOnlyList<string> path = [.. parents, column.Name];
        var key = prefix + SqlName.Quote(column.Name);
        if (column.Type.Sql.StartsWith("STRUCT(", StringComparison.Ordinal) && !column.Type.Sql.EndsWith(']'))
        {
            foreach (var field in column.Type.Children)
                Collect(field, path, key + ".", measured, leaves);
        }
        else
        {
            leaves.Add(LeafStatistics.Of(path, column.Type, column.Type.IsNested ? null : measured.GetValueOrDefault(key)));
        }
    }
}
