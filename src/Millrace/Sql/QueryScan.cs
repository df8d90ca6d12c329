using System.Runtime.CompilerServices;
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
        _ctes.Clear();
        _relations.Clear();
        _findings.Clear();
        _source = source;
        _utf8 = null;

        Visit(root);
        var outline = new QueryOutline(TextOf(root), source.Variables, [.. _relations], [.. _findings.OrderBy(f => f.Line)]);
        return new ParsedQuery(root, outline);
    }

    /// <summary>Hashes the tree as it stands, without the places of its nodes.</summary>
    /// <remarks>The mark cannot be part of a text, in which quotes are escaped.</remarks>
    private Fingerprint TextOf(JsonElement root)
    {
        var rest = root.Raw();
        var mark = "\"query_location\":"u8;
        _bytes.Clear();
        while (rest.IndexOf(mark) is var at && at >= 0)
        {
            _bytes.Raw(rest[..at]);
            rest = rest[(at + mark.Length)..];
            rest = rest[rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9')..];
        }

        _bytes.Raw(rest);
        return new Fingerprint(_bytes.Pop(0).ToString("x32"));
    }

    private void Visit(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            VisitNode(value);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                Visit(item);
        }
    }

    private void VisitNode(JsonElement node)
    {
        JsonElement type = default, ctes = default;
        foreach (var property in node.EnumerateObject())
        {
            if (property.NameEquals("type"u8))
                type = property.Value;
            else if (property.NameEquals("cte_map"u8))
                ctes = property.Value;
            else if (property.NameEquals("sample"u8))
                InspectSample(node, property.Value);
        }

        var outer = _ctes.Count;
        if (type.ValueKind == JsonValueKind.String)
            Inspect(node, type.Raw());

        // A CTE is known to the whole node, whose modifiers stand before it in the tree.
        if (ctes.ValueKind == JsonValueKind.Object)
            VisitCtes(ctes);
        foreach (var property in node.EnumerateObject())
        {
            if (property.Value.ValueKind is (JsonValueKind.Object or JsonValueKind.Array)
                && !property.NameEquals("cte_map"u8) && !property.NameEquals("value"u8) && !property.NameEquals("column_names"u8))
                Visit(property.Value);
        }

        _ctes.RemoveRange(outer, _ctes.Count - outer);
    }

    private void VisitCtes(JsonElement map)
    {
        foreach (var entry in map.Items("map"u8))
        {
            if (entry.Has("value"u8, out var definition))
                Visit(definition);
            _ctes.Add(entry.Text("key"u8).ToLowerInvariant());
        }
    }

    private void Inspect(JsonElement node, ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("\"COLUMN_REF\""u8))
            InspectColumn(node);
        else if (type.SequenceEqual("\"FUNCTION\""u8) || type.StartsWith("\"WINDOW_"u8))
            InspectFunction(node);
        else if (type.SequenceEqual("\"BASE_TABLE\""u8))
            InspectTable(node);
        else if (type.SequenceEqual("\"TABLE_FUNCTION\""u8))
            InspectTableFunction(node);
        else if (type.SequenceEqual("\"RECURSIVE_CTE_NODE\""u8))
            _ctes.Add(node.Text("cte_name"u8).ToLowerInvariant());
        else if (type.SequenceEqual("\"VALUE_PARAMETER\""u8))
            InspectParameter(node);
        else if (type.SequenceEqual("\"SHOW_REF\""u8))
            Find(node, "sql-not-select", "SHOW, DESCRIBE and SUMMARIZE ask the engine itself. An asset reads its parents with SELECT.");
        else if (type.SequenceEqual("\"VALUE_DEFAULT\""u8))
            Find(node, "sql-not-select", "DEFAULT has no meaning in an asset's SELECT. Write the value.");
    }

    private void InspectSample(JsonElement node, JsonElement sample)
    {
        if (!sample.Has("seed"u8, out var seed) || seed.Raw().SequenceEqual("-1"u8))
        {
            Find(
                node, "sql-volatile",
                "A SAMPLE without REPEATABLE takes other rows at each run. Write 'USING SAMPLE reservoir(1000 ROWS) REPEATABLE (42)', "
                + "or filter by a hash of the key.");
        }
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
        if (!node.Has("column_names"u8, out var names) || names.GetArrayLength() != 1)
            return;

        // The shortest is 'localtime', and few columns are as long.
        if (names[0].Raw().Length >= 11 && names[0].GetString() is { } name && SqlRules.IsClockWord(name))
            Find(node, "sql-volatile", SqlRules.ClockMessage(name));
    }

    private void InspectTable(JsonElement node)
    {
        var (catalog, schema, name) = (node.Text("catalog_name"u8), node.Text("schema_name"u8), node.Text("table_name"u8));
        if (schema.Length == 0 && catalog.Length == 0 && _ctes.Contains(name.ToLowerInvariant()))
            return;
        if (schema.Same("recurring") && _ctes.Contains(name.ToLowerInvariant()))
            return;

        if (SqlRules.IsFile(name))
        {
            Find(node, "sql-reads-file", $"'{name}' reads a file. Declare a source that loads it, and read the source by its name.");
            return;
        }

        if (node.Has("at_clause"u8, out _))
            Find(node, "sql-relation-name", $"'{name} AT (...)' picks a version. The plan chooses which version is read: leave AT out.");
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
        var written = name.Length == 0 || char.IsAsciiDigit(name[0]) ? "?" : "$" + name;
        if (!_source.Variables.Contains(name))
            Find(node, "sql-parameter", $"'{written}' is a parameter without a value. A variable is written '@name'.");
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
