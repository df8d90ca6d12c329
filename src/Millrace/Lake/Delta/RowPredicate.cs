using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Lake.Delta;

/// <summary>A condition over the rows of a table, and which files may hold a row that meets it.</summary>
/// <remarks>
/// The engine's parser reads it. Comparisons of a column with a constant, IN, BETWEEN, IS NULL, AND and OR are judged by a file's bounds;
/// whatever else stands there may be true in any file. A condition that gives another answer when it is asked again (<c>random()</c>,
/// <c>now()</c>) is refused: rows are first counted and then written.
/// </remarks>
internal sealed class RowPredicate
{
    private readonly Func<DataFile, bool> _mayMatch;
    private readonly DuckConnection _connection;
    private readonly Snapshot _table;
    private readonly JsonObject _parsed;
    private readonly HashSet<string> _columns = new(StringComparer.OrdinalIgnoreCase);
    private bool _hasOther;

    public RowPredicate(DuckConnection connection, Snapshot table, string text)
    {
        (_connection, _table, Text) = (connection, table, text);
        _parsed = Parse(text);
        var where = _parsed["statements"]![0]!["node"]!["where_clause"] ?? throw NotOne(text);
        Walk(where, Unsteady(connection));
        _mayMatch = Judge(where);
        IsOfPartitionsOnly = !_hasOther && _columns.Count > 0
            && _columns.All(c => table.PartitionColumns.Contains(c, StringComparer.OrdinalIgnoreCase));
        Check();
    }

    /// <summary>The condition as SQL.</summary>
    public string Text { get; }

    /// <summary>True where the log alone says of each file whether all of its rows meet the condition or none.</summary>
    public bool IsOfPartitionsOnly { get; }

    /// <summary>False where no row of the file can meet the condition.</summary>
    public bool MayMatch(DataFile file) => _mayMatch(file);

    /// <summary>The files whose partition meets the condition. Only where <see cref="IsOfPartitionsOnly"/>.</summary>
    public IReadOnlyList<DataFile> Matching(IReadOnlyList<DataFile> files)
    {
        var candidates = files.Where(MayMatch).ToList();
        if (candidates.Count == 0)
            return [];
        var rows = PartitionRows(_table, candidates);
        return [.. _connection.Query($"SELECT _millrace_file FROM ({rows}) WHERE {Text}").Rows().Select(r => candidates[(int)(long)r[0]!])];
    }

    /// <summary>One row a file: its partition values, and its number as <c>_millrace_file</c>.</summary>
    public static string PartitionRows(Snapshot table, IReadOnlyList<DataFile> files)
    {
        var columns = table.PartitionColumns.Select(p => table.Schema.Find(p)!).ToList();
        var lists = columns.Select(c =>
            $"CAST([{string.Join(", ", files.Select(f => Literal(f, table.StoredName(c.Name), c)))}] AS {c.Type.Sql}[])");
        var names = columns.Select(c => SqlName.Quote(c.Name));
        return $"SELECT unnest(range({files.Count})) AS _millrace_file"
            + string.Concat(lists.Zip(names, (l, n) => $", unnest({l}) AS {n}"));
    }

    private static string Literal(DataFile file, string stored, Column column)
    {
        var value = file.PartitionValues.FirstOrDefault(p => p.Key.Equals(stored, StringComparison.OrdinalIgnoreCase)).Value;
        return string.IsNullOrEmpty(value) ? "NULL" : column.Type == DataType.Binary ? $"encode({SqlName.Text(value)})"
            : SqlName.Text(value);
    }

    private JsonObject Parse(string text)
    {
        var sql = $"SELECT 1 FROM _ WHERE (\n{text}\n)";
        var parsed = JsonNode.Parse((string)_connection.Query($"SELECT json_serialize_sql({SqlName.Text(sql)})::VARCHAR").Scalar()!, null,
            Tree.Options)!;
        if ((bool)parsed["error"]!)
            throw new LakeException($"The condition '{text}' cannot be read: {parsed["error_message"]}");
        return parsed["statements"] is JsonArray { Count: 1 } && IsPlain(parsed["statements"]![0]!["node"]!) ? parsed.AsObject()
            : throw NotOne(text);
    }

    /// <summary>A text could close our parenthesis and go on as another query.</summary>
    private static bool IsPlain(JsonNode node) =>
        (string?)node["type"] == "SELECT_NODE" && node["group_expressions"] is not JsonArray { Count: > 0 } && node["having"] is null
        && node["qualify"] is null && node["modifiers"] is not JsonArray { Count: > 0 };

    private static LakeException NotOne(string text) =>
        new($"'{text}' is not one condition over the table's columns, such as \"day < DATE '2020-01-01'\".");

    /// <summary>Binds the condition to the table's columns, so that a mistake is told before anything is read.</summary>
    private void Check()
    {
        try
        {
            _connection.Prepare($"SELECT 1 FROM ({Relation.Empty(_table.Schema).Sql}) WHERE {Text}").Dispose();
        }
        catch (DuckException e)
        {
            throw new LakeException($"The condition '{Text}' does not fit the table '{_table.Folder}': {e.Message}", e);
        }
    }

    private static HashSet<string> Unsteady(DuckConnection connection) =>
        [.. connection.Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IN ('VOLATILE', "
            + "'CONSISTENT_WITHIN_QUERY')")
            .Rows().Select(r => (string)r[0]!)];

    private void Walk(JsonNode? node, HashSet<string> unsteady)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items)
                Walk(item, unsteady);
        }
        else if (node is JsonObject value)
        {
            switch ((string?)value["class"])
            {
                case "COLUMN_REF" when value["column_names"] is JsonArray names:
                    _columns.Add(names[0]!.ToString());
                    break;
                case "SUBQUERY":
                    _hasOther = true;
                    break;
                case "FUNCTION" when unsteady.Contains(value["function_name"]!.ToString().ToLowerInvariant()):
                    throw new LakeException($"The condition '{Text}' uses {value["function_name"]}(), which gives another answer each "
                        + $"time. "
                        + "Put its value there as a constant.");
            }

            foreach (var (_, child) in value)
                Walk(child, unsteady);
        }
    }

    private Func<DataFile, bool> Judge(JsonNode node)
    {
        switch ((string?)node["type"])
        {
            case "CONJUNCTION_AND":
                var all = node["children"]!.AsArray().Select(c => Judge(c!)).ToList();
                return file => all.TrueForAll(j => j(file));
            case "CONJUNCTION_OR":
                var any = node["children"]!.AsArray().Select(c => Judge(c!)).ToList();
                return file => any.Exists(j => j(file));
            case "OPERATOR_IS_NULL" when ColumnOf(node["children"]![0]) is { } column:
                return file => BoundsOf(file, column).Nulls is not 0;
            case "OPERATOR_IS_NOT_NULL" when ColumnOf(node["children"]![0]) is { } column:
                return file => !BoundsOf(file, column).IsAllNull;
            case "COMPARE_IN" when ColumnOf(node["children"]![0]) is { } column:
                var values = node["children"]!.AsArray().Skip(1).Select(c => ConstantOf(c!, column)).ToList();
                return values.TrueForAll(v => v is not null) ? file => values.Exists(v => Between(file, column, v, v)) : _ => true;
            case "COMPARE_BETWEEN" when ColumnOf(node["input"]) is { } column:
                var (lower, upper) = (ConstantOf(node["lower"]!, column), ConstantOf(node["upper"]!, column));
                return file => Between(file, column, lower, upper);
            case { } comparison when comparison.StartsWith("COMPARE_", StringComparison.Ordinal) && node["left"] is not null:
                return Compare(comparison, node["left"]!, node["right"]!);
            default:
                return _ => true;
        }
    }

    private Func<DataFile, bool> Compare(string comparison, JsonNode left, JsonNode right)
    {
        if (ColumnOf(left) is null && ColumnOf(right) is not null)
            return Compare(Turned(comparison), right, left);
        if (ColumnOf(left) is not { } column || ConstantOf(right, column) is not { } value)
            return _ => true;
        return comparison switch
        {
            "COMPARE_EQUAL" => file => Between(file, column, value, value),
            "COMPARE_LESSTHAN" or "COMPARE_LESSTHANOREQUALTO" => file => Between(file, column, null, value),
            "COMPARE_GREATERTHAN" or "COMPARE_GREATERTHANOREQUALTO" => file => Between(file, column, value, null),
            "COMPARE_NOTEQUAL" => file => !BoundsOf(file, column).IsAllNull,
            _ => _ => true,
        };
    }

    private static string Turned(string comparison) => comparison switch
    {
        "COMPARE_LESSTHAN" => "COMPARE_GREATERTHAN",
        "COMPARE_LESSTHANOREQUALTO" => "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_GREATERTHAN" => "COMPARE_LESSTHAN",
        "COMPARE_GREATERTHANOREQUALTO" => "COMPARE_LESSTHANOREQUALTO",
        _ => comparison,
    };

    /// <summary>Whether a value of the column may lie between the two, both included.</summary>
    private bool Between(DataFile file, Column column, Bound? lower, Bound? upper)
    {
        var bounds = BoundsOf(file, column);
        if (bounds.IsAllNull)
            return false;
        if (upper is { } high && bounds.Min is { } min && !min.MayBeUpTo(high))
            return false;

        // NaN is above every number to the engine, and writers leave it out of their bounds.
        var isOpenAbove = upper is null && (column.Type == DataType.Float || column.Type == DataType.Double);
        return isOpenAbove || lower is not { } low || bounds.Max is not { } max || low.MayBeUpTo(max);
    }

    private FileBounds BoundsOf(DataFile file, Column column) =>
        FileBounds.Of(file, column, _table.StoredName(column.Name),
            _table.PartitionColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase));

    private Column? ColumnOf(JsonNode? node) =>
        (string?)node?["class"] == "COLUMN_REF" && node["column_names"] is JsonArray { Count: 1 } names
            ? _table.Schema.Find(names[0]!.ToString()) : null;

    /// <summary>The value of an expression without columns, if it is compared with the column in the column's own order.</summary>
    private Bound? ConstantOf(JsonNode node, Column column)
    {
        if (Holds(node, "COLUMN_REF") || Holds(node, "SUBQUERY"))
            return null;
        try
        {
            var select = _parsed.DeepClone();
            var body = select["statements"]![0]!["node"]!.AsObject();
            body["select_list"] = new JsonArray(node.DeepClone());
            body["where_clause"] = null;
            body["from_table"] = JsonNode.Parse("""{"type":"EMPTY","alias":"","sample":null,"query_location":0}""");
            var sql = (string)_connection.Query($"SELECT json_deserialize_sql({SqlName.Text(select.ToJsonString())}::JSON)").Scalar()!;
            var row = _connection.Query($"SELECT typeof(x), x::VARCHAR, TRY_CAST(x AS {column.Type.Sql})::VARCHAR FROM ({sql}) AS "
                + $"_(x)").Rows().Single();
            var type = DataType.Parse((string)row[0]!);
            var isText = (string?)node["class"] == "CONSTANT" && type == DataType.String;
            if (isText && column.Type != DataType.String)
                return Bound.Of(column.Type, row[2] as string);
            var isAlike = (type.IsNumeric && column.Type.IsNumeric) || (type.IsTime && column.Type.IsTime)
                || (type == DataType.String && column.Type == type);
            return isAlike ? Bound.Of(type, row[1] as string) : null;
        }
        catch (Exception e) when (e is DuckException or FormatException or JsonException)
        {
            // Pruning is a help: what cannot be evaluated here is asked of every file.
            return null;
        }
    }

    private static bool Holds(JsonNode? node, string kind) => node switch
    {
        JsonObject value => (string?)value["class"] == kind || value.Any(p => Holds(p.Value, kind)),
        JsonArray items => items.Any(i => Holds(i, kind)),
        _ => false,
    };
}
