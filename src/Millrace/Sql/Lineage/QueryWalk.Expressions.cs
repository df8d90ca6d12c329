using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Millrace.Sql.Lineage;

internal sealed partial class QueryWalk
{
    /// <summary>Marks a reference to a column of the first relation of its own scope; the column's hash follows.</summary>
    private const byte BareReference = (byte)'b';

    /// <summary>Writes an expression in its canonical form and notes what it reads.</summary>
    private void Walk(JsonElement node, Scope scope, Reading reading)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (!node.Has("class"u8, out var kind))
        {
            Any(node, scope, reading);
            return;
        }

        var word = kind.Raw();
        if (word.SequenceEqual("\"COLUMN_REF\""u8))
            Reference(node.Texts("column_names"u8), scope, reading);
        else if (word.SequenceEqual("\"CONSTANT\""u8))
            Constant(node);
        else if (word.SequenceEqual("\"FUNCTION\""u8))
            Function(node, scope, reading);
        else if (word.SequenceEqual("\"CONJUNCTION\""u8))
            Conjunction(node, scope, reading);
        else if (word.SequenceEqual("\"SUBQUERY\""u8))
            Subquery(node, scope, reading);
        else if (word.SequenceEqual("\"WINDOW\""u8))
            Window(node, scope, reading);
        else if (word.SequenceEqual("\"PARAMETER\""u8))
            Parameter(node, reading);
        else if (word.SequenceEqual("\"STAR\""u8))
            StarInside(reading);
        else if (word.SequenceEqual("\"OPERATOR\""u8) && node.Is("type"u8, "OPERATOR_UNPACK"u8))
            Unpack(node, scope, reading);
        else if (word.SequenceEqual("\"POSITIONAL_REFERENCE\""u8))
            Position(node, scope, reading);
        else if (word.SequenceEqual("\"LAMBDA\""u8))
            Arrow(node, scope, reading);
        else
        {
            reading.IsUnresolved |= !IsPlain(word);
            Generic(node, scope, reading);
        }
    }

    /// <summary>Expressions that are the sum of their parts.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("\"COMPARISON\""u8) || word.SequenceEqual("\"OPERATOR\""u8) || word.SequenceEqual("\"CAST\""u8)
        || word.SequenceEqual("\"CASE\""u8) || word.SequenceEqual("\"BETWEEN\""u8) || word.SequenceEqual("\"COLLATE\""u8)
        || word.SequenceEqual("\"TYPE\""u8);

    /// <summary>A node as it stands, expressions inside walked: new properties of a new engine count by themselves.</summary>
    private void Generic(JsonElement node, Scope scope, Reading reading)
    {
        _out.Tag('{');
        foreach (var property in node.EnumerateObject())
        {
            if (property.IsPlace() || property.NameEquals("alias"u8) || property.NameEquals("class"u8) || property.Value.IsNothing())
                continue;
            _out.Bytes(JsonMarshal.GetRawUtf8PropertyName(property));
            Any(property.Value, scope, reading);
        }

        _out.Tag('}');
    }

    private void Any(JsonElement value, Scope scope, Reading reading)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.Has("class"u8, out _):
                Walk(value, scope, reading);
                break;
            case JsonValueKind.Object when value.Has("expression"u8, out var expression) && value.Has("null_order"u8, out _):
                Direction(value);
                Walk(expression, scope, reading);
                break;
            case JsonValueKind.Object:
                Generic(value, scope, reading);
                break;
            case JsonValueKind.Array:
                _out.Tag('[');
                foreach (var item in value.EnumerateArray())
                    Any(item, scope, reading);
                _out.Tag(']');
                break;
            default:
                _out.Bytes(value.Raw());
                break;
        }
    }

    private void Constant(JsonElement node)
    {
        _out.Tag('k');
        _out.Bytes(node.GetProperty("value"u8).Raw());
    }

    private void Parameter(JsonElement node, Reading reading)
    {
        var name = node.Text("identifier"u8);
        _out.Tag('@');
        if (IsBoundAtRun(name))
        {
            _out.Tag('n');
            _out.Text(name);
        }
        else if (_variables.TryGetValue(name, out var literal))
        {
            _out.Tag('v');
            _out.Text(literal);
        }
        else
        {
            // Nobody has a value for it, so that nobody can say what it gives.
            _out.Text(name);
            reading.IsUnresolved = true;
        }
    }

    /// <summary>AND and OR: brackets between equal ones do not count.</summary>
    private void Conjunction(JsonElement node, Scope scope, Reading reading)
    {
        var type = node.GetProperty("type"u8).Raw();
        _out.Tag('&');
        _out.Bytes(type);
        Flatten(node, scope, reading);
        _out.Tag(';');
    }

    private void Flatten(JsonElement node, Scope scope, Reading reading)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var child in node.Items("children"u8))
        {
            if (child.Is("class"u8, "CONJUNCTION"u8) && child.GetProperty("type"u8).Raw().SequenceEqual(node.GetProperty("type"u8).Raw()))
                Flatten(child, scope, reading);
            else
                Walk(child, scope, reading);
        }
    }

    private void Function(JsonElement node, Scope scope, Reading reading)
    {
        var name = node.Text("function_name"u8);
        var isAggregate = SqlRules.Aggregates.Contains(name) || node.IsTrue("distinct"u8) || node.Has("filter"u8, out _)
            || (node.Has("order_bys"u8, out var ordered) && ordered.Count("orders"u8) > 0);
        reading.HasAggregate |= isAggregate;
        reading.HasUnnest |= SqlRules.Unnesting.Contains(name);

        // Inside an aggregate of HAVING names are columns again.
        var rule = scope.Aliases;
        if (isAggregate && rule == AliasRule.BeforeColumns)
            scope.Aliases = AliasRule.AfterColumns;

        _out.Tag('f');
        _out.Name(name);
        if (node.Text("schema"u8) is { Length: > 0 } schema && !schema.Same("main"))
            _out.Name(schema);
        _out.Tag(node.IsTrue("distinct"u8) ? 'd' : '(');
        var namesMatter = name.StartsWith("struct_", StringComparison.OrdinalIgnoreCase);
        foreach (var child in node.Items("children"u8))
            Argument(child, SqlRules.WithLambda.Contains(name), namesMatter, scope, reading);

        _out.Tag(')');
        if (node.Has("filter"u8, out var filter))
        {
            _out.Tag('F');
            Walk(filter, scope, reading);
        }

        if (node.Has("order_bys"u8, out var orders) && orders.Count("orders"u8) > 0)
        {
            _out.Tag('O');
            Any(orders.GetProperty("orders"u8), scope, reading);
        }

        if (node.IsTrue("export_state"u8))
            _out.Tag('X');
        scope.Aliases = rule;
    }

    private void Argument(JsonElement child, bool takesLambda, bool namesMatter, Scope scope, Reading reading)
    {
        // 'f(x := 1)' and '{x: 1}' come as aliases, and struct functions take a column's own name.
        if (child.Text("alias"u8) is { Length: > 0 } alias)
        {
            _out.Tag(':');
            _out.Text(alias);
        }
        else if (namesMatter && child.Is("class"u8, "COLUMN_REF"u8))
        {
            _out.Tag(':');
            _out.Text(child.Texts("column_names"u8)[^1]);
        }

        if (takesLambda && child.Is("class"u8, "LAMBDA"u8))
            Lambda(child, scope, reading);
        else
            Walk(child, scope, reading);
    }

    private void Window(JsonElement node, Scope scope, Reading reading)
    {
        _out.Tag('w');
        _out.Name(node.Text("function_name"u8));
        foreach (var property in node.EnumerateObject())
        {
            if (property.IsPlace() || property.NameEquals("alias"u8) || property.NameEquals("class"u8) || property.NameEquals("schema"u8)
                || property.NameEquals("catalog"u8) || property.NameEquals("function_name"u8) || property.Value.IsNothing())
                continue;
            _out.Bytes(JsonMarshal.GetRawUtf8PropertyName(property));
            Any(property.Value, scope, reading);
        }

        _out.Tag(';');
    }

    /// <summary>A subquery counts with its rows and, unless it only asks whether there are any, with its columns.</summary>
    private void Subquery(JsonElement node, Scope scope, Reading reading)
    {
        var rule = scope.Aliases;
        var result = Query(node.GetProperty("subquery"u8).GetProperty("node"u8), scope, scope.Ctes, false);
        scope.Aliases = rule;
        _out.Tag('q');
        _out.Bytes(node.GetProperty("subquery_type"u8).Raw());
        _out.Text(node.Text("comparison_type"u8));
        if (node.Has("child"u8, out var child))
            Walk(child, scope, reading);

        _out.Hash(result.Rows);
        reading.Indirect.Add(result.RowSources);
        reading.IsUnresolved |= result.RowsUnresolved;
        if (node.Is("subquery_type"u8, "EXISTS"u8) || node.Is("subquery_type"u8, "NOT_EXISTS"u8))
            return;

        reading.IsUnresolved |= result.Open is not null;
        for (var i = 0; i < result.Count; i++)
        {
            _out.Hash(result[i].Hash);
            reading.Add(result[i]);
        }
    }

    private void StarInside(Reading reading)
    {
        if (_column is not { } column)
        {
            reading.IsUnresolved = true;
            _out.Tag('*');
            return;
        }

        if (column.Place is { } place)
            WriteReference(place, 0, reading);
        else
            WriteAlias(column, reading);
    }

    /// <summary><c>*COLUMNS(...)</c>: all chosen columns as arguments.</summary>
    private void Unpack(JsonElement node, Scope scope, Reading reading)
    {
        foreach (var child in node.Items("children"u8))
        {
            if (child.Is("class"u8, "STAR"u8) && Star(child, scope) is { } items)
            {
                foreach (var item in items)
                    WriteAlias(item, reading);
            }
            else
            {
                reading.IsUnresolved = true;
                _out.Tag('*');
            }
        }
    }

    /// <summary><c>#1</c>, the first column of FROM.</summary>
    private void Position(JsonElement node, Scope scope, Reading reading)
    {
        if (Positioned(node, scope) is { } item)
        {
            if (item.Place is { } place)
                WriteReference(place, 0, reading);
            else
                WriteAlias(item, reading);
            return;
        }

        reading.IsUnresolved = true;
        _out.Bytes(node.Raw());
    }

    private Item? Positioned(JsonElement node, Scope scope) =>
        All(scope) is { } items && node.GetProperty("index"u8).TryGetInt32(out var index) && index >= 1 && index <= items.Count
            ? items[index - 1]
            : null;

    /// <summary><c>a -> b</c> outside of a function that takes lambdas reads JSON.</summary>
    private void Arrow(JsonElement node, Scope scope, Reading reading)
    {
        _out.Tag('>');
        Walk(node.GetProperty("lhs"u8), scope, reading);
        Walk(node.GetProperty("expr"u8), scope, reading);
    }

    private void Lambda(JsonElement node, Scope scope, Reading reading)
    {
        var outer = _lambda.Count;
        var left = node.GetProperty("lhs"u8);
        if (left.Is("class"u8, "COLUMN_REF"u8))
            _lambda.Add(left.Texts("column_names"u8)[^1]);
        else
        {
            foreach (var parameter in left.Items("children"u8))
                _lambda.Add(parameter.Texts("column_names"u8)[^1]);
        }

        _out.Tag('l');
        _out.Number(_lambda.Count - outer);
        Walk(node.GetProperty("expr"u8), scope, reading);
        _lambda.RemoveRange(outer, _lambda.Count - outer);
    }
}
