using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

/// <summary>How columns are written: under the names that the files of a table know them by, with the numbers that stand for
/// them.</summary>
internal sealed class WriteLayout
{
    private readonly Dictionary<string, string> _logNames = new(StringComparer.OrdinalIgnoreCase);
    private readonly Snapshot? _table;

    /// <param name="columns">What is written, as readers see it; the table's partition columns are not among them.</param>
    /// <param name="table">The version that the rows are to join; null where files know columns by their names.</param>
    /// <param name="folder">For messages.</param>
    /// <exception cref="LakeException">The table has no such column, or it has one whose values we cannot write.</exception>
    public WriteLayout(Schema columns, Snapshot? table, string folder)
    {
        if (table?.Stored.Columns.FirstOrDefault(c => !IsWritable(c.Type)) is { } strange)
            throw new LakeException($"The column '{strange.Name}' of the table '{folder}' has a type that Millrace reads and does not "
                + $"write.");
        _table = table is not null && table.Configuration.TryGetValue("delta.columnMapping.mode", out var mode) && mode != "none" ? table
            : null;
        if (_table is null)
        {
            Stored = columns;
            Columns = [.. columns.Columns.Select(c => $"CAST({SqlName.Quote(c.Name)} AS {c.Type.Sql}) AS {SqlName.Quote(c.Name)}")];
            return;
        }

        foreach (var field in _table.Stored.Columns)
            _logNames[field.Name] = field.LogName;

        // The type of change data is no column of the table.
        var fields = columns.Columns.Select(c => (Column: c, Field: _table.Stored.Find(c.Name))).ToList();
        if (fields.FirstOrDefault(f => f.Field is null && f.Column.Name != "_change_type").Column is { } unknown)
            throw new LakeException($"The table '{folder}' has no column '{unknown.Name}', and its files know columns by other names. "
                + $"Add the column first.");
        Stored = new Schema([.. fields.Select(f => f.Field is null ? f.Column
            : new Column(f.Field.LogName, Physical(f.Column.Type, f.Field.Type), f.Column.IsNullable))]);
        Columns = [.. fields.Select(f =>
        {
            var value = $"CAST({SqlName.Quote(f.Column.Name)} AS {f.Column.Type.Sql})";
            return f.Field is null ? $"{value} AS {SqlName.Quote(f.Column.Name)}"
                : $"{Packed(value, f.Field.Type, 0)} AS {SqlName.Quote(f.Field.LogName)}";
        })];
        FieldIds = Ids(_table.Metadata.SchemaString, columns);
    }

    /// <summary>The columns of the files.</summary>
    public Schema Stored { get; }

    /// <summary>One expression a column of the files, in their order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>An option of COPY that numbers the columns, or nothing.</summary>
    public string FieldIds { get; } = "";

    public bool IsMapped => _table is not null;

    /// <summary>The <c>schemaString</c> of the table whose files know columns by other names; null elsewhere.</summary>
    public string? Mapping => _table?.Metadata.SchemaString;

    /// <summary>The name under which files, statistics and partition values know a column.</summary>
    public string LogName(string column) => _logNames.GetValueOrDefault(column, column);

    /// <summary>The staged columns as they lie in the files.</summary>
    public StoredSchema Schema(Schema staged) => _table is null ? StoredSchema.Of(staged) : _table.Stored;

    private static bool IsWritable(StoredType type) =>
        type.Kind is StoredKind.Simple or StoredKind.Array or StoredKind.Map or StoredKind.Struct
            && type.Children.All(c => IsWritable(c.Type));

    /// <summary>The type under the names of the files.</summary>
    private static DataType Physical(DataType type, StoredType stored) => stored.Kind switch
    {
        StoredKind.Array => DataType.Array(Physical(type.Children[0].Type, stored.Children[0].Type)),
        StoredKind.Map => DataType.Map(Physical(type.Children[0].Type, stored.Children[0].Type),
            Physical(type.Children[1].Type, stored.Children[1].Type)),
        StoredKind.Struct => DataType.Struct([.. stored.Children.Select((c, i) =>
            new Column(c.LogName, Physical(type.Children[i].Type, c.Type), c.IsNullable))]),
        _ => type,
    };

    /// <summary>The value under the names of the files: the way back of <see cref="StoredType.Shape"/>.</summary>
    private static string Packed(string value, StoredType type, int depth)
    {
        if (type.IsAsStored)
            return value;
        var item = FormattableString.Invariant($"item{depth}");
        var packed = type.Kind switch
        {
            StoredKind.Array => $"list_transform({value}, lambda {item}: {Packed(item, type.Children[0].Type, depth + 1)})",
            StoredKind.Map => $"map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack("
                + $"key := {Packed($"{item}.key", type.Children[0].Type, depth + 1)}, value := "
                + $"{Packed($"{item}.value", type.Children[1].Type, depth + 1)})))",
            _ => "struct_pack(" + string.Join(", ", type.Children.Select(c =>
                $"{SqlName.Quote(c.LogName)} := {Packed($"struct_extract({value}, {SqlName.Text(c.Name)})", c.Type, depth)}")) + ")",
        };
        return $"CASE WHEN {value} IS NULL THEN NULL ELSE {packed} END";
    }

    private static string Ids(string schemaString, Schema columns)
    {
        var fields = JsonNode.Parse(schemaString)!["fields"]!.AsArray().Where(f => columns.Find((string)f!["name"]!) is not null);
        return $" FIELD_IDS {{{string.Join(", ", fields.Select(f => Id(f!)))}}},";

        static string Id(JsonNode field)
        {
            var metadata = field["metadata"];
            var (name, id) = ((string?)metadata?[SchemaText.PhysicalName] ?? (string)field["name"]!,
                (long?)metadata?[SchemaText.MappingId]);
            var inner = field["type"] is JsonObject { } type && type["fields"] is JsonArray children
                ? children.Select(c => Id(c!)).ToList() : [];
            var own = id is null ? "" : FormattableString.Invariant($"{id}");
            return inner.Count == 0 ? $"{SqlName.Quote(name)}: {own}"
                : $"{SqlName.Quote(name)}: {{__duckdb_field_id: {own}, {string.Join(", ", inner)}}}";
        }
    }
}
