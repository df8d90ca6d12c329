using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>Walks a syntax tree once for what it says of itself: relations, findings and the fingerprint of the text.</summary>
internal sealed class QueryScan
{
    private readonly ByteStack _bytes = new();
    private readonly List<string> _ctes = [];
    private readonly List<string> _relations = [];
    private readonly List<QueryFinding> _findings = [];
    private SqlText _source = new("");
    private byte[]? _utf8;

    public ParsedQuery Read(JsonElement root, SqlText source)
    {
        _bytes.Clear();
        _ctes.Clear();
        _relations.Clear();
        _findings.Clear();
        _source = source;
        _utf8 = null;

        Visit(root);
        var text = new Fingerprint(_bytes.Pop(0).ToString("x32"));
        return new ParsedQuery(root, new QueryOutline(text, source.Variables, [.. _relations], [.. _findings.OrderBy(f => f.Line)]));
    }

    private void Visit(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                VisitNode(value);
                break;
            case JsonValueKind.Array:
                _bytes.Tag('[');
                foreach (var item in value.EnumerateArray())
                    Visit(item);
                _bytes.Tag(']');
                break;
            default:
                _bytes.Bytes(value.Raw());
                break;
        }
    }

    private void VisitNode(JsonElement node)
    {
        var outer = _ctes.Count;
        Inspect(node);

        // A CTE is known to the whole node, whose modifiers stand before it in the tree.
        if (node.Has("cte_map"u8, out var map))
            VisitCtes(map);
        if (node.Is("type"u8, "RECURSIVE_CTE_NODE"u8))
            _ctes.Add(node.Text("cte_name"u8).ToLowerInvariant());

        _bytes.Tag('{');
        foreach (var property in node.EnumerateObject())
        {
            if (property.IsPlace() || property.NameEquals("cte_map"u8) || property.Value.IsNothing())
                continue;
            _bytes.Bytes(JsonMarshal.GetRawUtf8PropertyName(property));
            Visit(property.Value);
        }

        _bytes.Tag('}');
        _ctes.RemoveRange(outer, _ctes.Count - outer);
    }

    private void VisitCtes(JsonElement map)
    {
        foreach (var entry in map.Items("map"u8))
        {
            _bytes.Text(entry.Text("key"u8));
            if (entry.Has("value"u8, out var value))
                Visit(value);
            _ctes.Add(entry.Text("key"u8).ToLowerInvariant());
        }
    }

    private void Inspect(JsonElement node)
    {
        if (!node.Has("type"u8, out var type) || type.ValueKind != JsonValueKind.String)
            return;

        if (type.ValueEquals("FUNCTION"u8) || (node.Is("class"u8, "WINDOW"u8)))
            InspectFunction(node);
        else if (type.ValueEquals("COLUMN_REF"u8))
            InspectColumn(node);
        else if (type.ValueEquals("BASE_TABLE"u8))
            InspectTable(node);
        else if (type.ValueEquals("TABLE_FUNCTION"u8))
            InspectTableFunction(node);
        else if (type.ValueEquals("VALUE_PARAMETER"u8))
            InspectParameter(node);
        else if (type.ValueEquals("SHOW_REF"u8))
            Find(node, "sql-not-select", "SHOW, DESCRIBE and SUMMARIZE ask the engine about itself. An asset reads its parents with SELECT.");
        else if (type.ValueEquals("DEFAULT"u8) || type.ValueEquals("VALUE_DEFAULT"u8))
            Find(node, "sql-not-select", "DEFAULT has no meaning in an asset's SELECT. Write the value.");

        if (node.Has("sample"u8, out var sample) && (!sample.Has("seed"u8, out var seed) || seed.Raw().SequenceEqual("-1"u8)))
            Find(node, "sql-volatile", "A SAMPLE without REPEATABLE takes other rows at each run. Write 'USING SAMPLE reservoir(1000 ROWS) REPEATABLE (42)', or filter by a hash of the key.");
    }

    private void InspectFunction(JsonElement node)
    {
        var name = node.Text("function_name"u8).ToLowerInvariant();
        if (name == "age" && node.Count("children"u8) == 1)
            Find(node, "sql-volatile", "age() of one moment counts from today. Write 'age(@as_of, moment)'.");
        else
            SqlRules.Function(name, (code, message) => Find(node, code, message));
    }

    private void InspectColumn(JsonElement node)
    {
        if (node.Count("column_names"u8) != 1)
            return;
        var name = node.Texts("column_names"u8)[0];
        if (SqlRules.IsClockWord(name))
            Find(node, "sql-volatile", SqlRules.ClockMessage(name));
    }

    private void InspectTable(JsonElement node)
    {
        var (catalog, schema, name) = (node.Text("catalog_name"u8), node.Text("schema_name"u8), node.Text("table_name"u8));
        if (schema.Length == 0 && catalog.Length == 0 && _ctes.Contains(name.ToLowerInvariant()))
            return;
        if (schema.Equals("recurring", StringComparison.OrdinalIgnoreCase) && _ctes.Contains(name.ToLowerInvariant()))
            return;

        if (SqlRules.IsFile(name))
        {
            Find(node, "sql-reads-file", $"'{name}' reads a file. Declare a source that loads it, and read the source by its name.");
            return;
        }

        if (node.Has("at_clause"u8, out _))
            Find(node, "sql-relation-name", $"'{name} AT (...)' picks a version. The plan chooses the version that an asset reads: leave AT out.");
        if (catalog.Length > 0)
            Find(node, "sql-relation-name", $"'{catalog}.{schema}.{name}' has three parts. A relation is 'name' or 'schema.name'.");
        else if (SqlRules.IsSystemSchema(schema))
            Find(node, "sql-relation-name", $"'{schema}.{name}' belongs to the engine. An asset reads tables and sources of the project.");

        var relation = SqlRules.Relation(catalog, schema, name);
        if (!_relations.Contains(relation))
            _relations.Add(relation);
    }

    private void InspectTableFunction(JsonElement node)
    {
        if (node.Has("function"u8, out var function) && !SqlRules.IsPureTableFunction(function.Text("function_name"u8)))
            SqlRules.TableFunction(function.Text("function_name"u8).ToLowerInvariant(), (code, message) => Find(function, code, message));
    }

    private void InspectParameter(JsonElement node)
    {
        var name = node.Text("identifier"u8);
        if (!_source.Variables.Contains(name))
            Find(node, "sql-parameter", $"'{(name.Length == 0 || char.IsAsciiDigit(name[0]) ? "?" : "$" + name)}' is a parameter without a value. A variable is written '@name'.");
    }

    private void Find(JsonElement node, string code, string message)
    {
        var line = LineOf(node);
        if (!_findings.Exists(f => f.Code == code && f.Message == message && f.Line == line))
            _findings.Add(new QueryFinding(code, message, line));
    }

    /// <summary>The engine counts a node's place in bytes of UTF-8.</summary>
    private int LineOf(JsonElement node)
    {
        if (!node.Has("query_location"u8, out var place) || !place.TryGetInt32(out var at))
            return 1;
        _utf8 ??= Encoding.UTF8.GetBytes(_source.Text);
        return 1 + _utf8.AsSpan(0, Math.Clamp(at, 0, _utf8.Length)).Count((byte)'\n');
    }
}
