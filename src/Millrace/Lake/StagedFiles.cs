using System.Globalization;
using System.Text.Json;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Sql;

namespace Millrace.Lake;

/// <summary>Rows that lie in a table's folder and are not yet part of the table.</summary>
public sealed class StagedFiles
{
    /// <summary>Leaf columns whose bounds go into the log, as other writers do by default.</summary>
    private const int IndexedLeaves = 32;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder;
    private readonly IReadOnlyList<WrittenFile> _written;
    private readonly string _below;
    private readonly WriteLayout _layout;

    internal StagedFiles(string folder, Schema schema, IReadOnlyList<WrittenFile> written, StageOptions options, WriteLayout layout)
    {
        _folder = folder;
        _written = written;
        _layout = layout;
        _below = options.IsChangeData ? "_change_data/" : "";
        PartitionColumns = options.PartitionBy;
        Schema = schema;
        Rows = written.Sum(f => f.Rows);
        var tags = PartitionColumns.Count > 0 || layout.IsMapped ? options.Tags : ColumnMark.Put(options.Tags, schema);
        Files = [.. written.Select(f => new DataFile
        {
            Path = PartitionLayout.LogPath(_below + f.Name),
            PartitionValues = f.PartitionValues,
            Size = f.Size,
            ModifiedAt = options.Now.ToUniversalTime(),
            Stats = Stats(f, options.TimeColumn is { } time ? layout.LogName(time) : null),
            Tags = tags,
        })];
    }

    public Schema Schema { get; }

    /// <summary>The columns whose values are not in the files; see <see cref="StageOptions.PartitionBy"/>.</summary>
    public IReadOnlyList<string> PartitionColumns { get; }

    /// <summary>The files in the order of their rows; none when there are no rows.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    public long Rows { get; }

    /// <summary>The table's columns as its log had them when the rows were staged, if its files know columns by other names.</summary>
    internal string? Mapping => _layout.Mapping;

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Files.Sum(f => f.Size);

    /// <summary>What writing told about a column, without reading anything. Names are compared without regard to case.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public ColumnStatistics Statistics(string column)
    {
        var (name, type) = Schema.Find(column) is { } found
            ? (found.Name, found.Type)
            : throw new ArgumentException($"The staged rows have no column '{column}'. They have: {string.Join(", ", Schema.Names)}.",
                nameof(column));
        if (PartitionColumns.Contains(name))
            return new ColumnStatistics(_written.Where(f => f.PartitionValues[_layout.LogName(name)] is null).Sum(f => f.Rows), null, null);
        var parts = _written.Select(f => f.Find(_layout.LogName(name))).ToList();
        if (parts.Count == 0)
            return new ColumnStatistics(0, null, null);

        var nulls = parts.Aggregate((long?)0, (sum, part) => sum + part?.NullCount);
        return new ColumnStatistics(nulls, Extreme(type, p => p.ExactMin, -1), Extreme(type, p => p.ExactMax, 1));

        // A file in which every value is NULL has no bounds and takes none away.
        string? Extreme(DataType of, Func<LeafStatistics, string?> bound, int sign)
        {
            string? extreme = null;
            for (var i = 0; i < parts.Count; i++)
            {
                if (parts[i]?.NullCount == _written[i].Rows)
                    continue;
                if (parts[i] is not { } part || bound(part) is not { } value)
                    return null;
                if (extreme is null || LeafStatistics.Compare(of, value, extreme) * sign > 0)
                    extreme = value;
            }

            return extreme is not null && of == DataType.Float ? Widened(extreme) : extreme;
        }
    }

    /// <summary>A FLOAT is written with fewer digits than it has: 1e30 is 1.0000000150474662E+30, which is above 1e30.</summary>
    private static string Widened(string value) =>
        ((double)float.Parse(value, CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The staged rows, in their order.</summary>
    public Relation ToRelation() => FileRelation.Of(_folder, _layout.Schema(Schema), PartitionColumns, Files);

    /// <summary>Deletes the files. For rows that will not be committed; files of a committed version must not be discarded.</summary>
    public void Discard()
    {
        foreach (var file in _written)
            File.Delete(Path.Combine(_folder, _below + file.Name));
    }

    private static string Stats(WrittenFile file, string? timeColumn)
    {
        var (min, max, nulls) = (new JsonObject(), new JsonObject(), new JsonObject());
        for (var i = 0; i < file.Leaves.Count; i++)
        {
            var leaf = file.Leaves[i];
            if (i >= IndexedLeaves && !(leaf.Path.Count == 1 && leaf.Path[0].Equals(timeColumn, StringComparison.OrdinalIgnoreCase)))
                continue;
            Put(min, leaf.Path, leaf.DeltaMin());
            Put(max, leaf.Path, leaf.DeltaMax());
            Put(nulls, leaf.Path, leaf.NullCount);
        }

        var stats = new JsonObject { ["numRecords"] = file.Rows, ["minValues"] = min, ["maxValues"] = max, ["nullCount"] = nulls };
        return stats.ToJsonString(Json);
    }

    private static void Put(JsonObject into, IReadOnlyList<string> path, JsonNode? value)
    {
        if (value is null)
            return;
        for (var i = 0; i < path.Count - 1; i++)
            into = into[path[i]] as JsonObject ?? Child(into, path[i]);
        into[path[^1]] = value;
    }

    private static JsonObject Child(JsonObject parent, string name)
    {
        var child = new JsonObject();
        parent[name] = child;
        return child;
    }
}
