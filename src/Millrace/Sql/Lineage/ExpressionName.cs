using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Sql.Lineage;

/// <summary>The name that the engine gives an expression without alias: its text. Only the common forms; else the empty text.</summary>
/// <remarks>
/// Names matter here for references into subqueries and CTEs. The schema that <see cref="SqlSession.Describe(string)"/> gives has them all.
/// </remarks>
internal static class ExpressionName
{
    public static string Of(JsonElement expression)
    {
        if (expression.Is("class"u8, "COLUMN_REF"u8))
            return expression.Texts("column_names"u8)[^1];
        var text = new StringBuilder();
        return Write(expression, text, 0) ? text.ToString() : "";
    }

    private static bool Write(JsonElement node, StringBuilder text, int depth)
    {
        if (depth > 50)
            return false;
        if (node.Is("class"u8, "COLUMN_REF"u8))
        {
            text.AppendJoin('.', node.Texts("column_names"u8).Select(Name));
            return true;
        }

        if (node.Is("class"u8, "CONSTANT"u8))
            return Constant(node.GetProperty("value"u8), text);
        return node.Is("class"u8, "FUNCTION"u8) && Function(node, text, depth);
    }

    private static bool Function(JsonElement node, StringBuilder text, int depth)
    {
        if (node.Has("filter"u8, out _) || (node.Has("order_bys"u8, out var orders) && orders.Count("orders"u8) > 0))
            return false;

        var children = node.Items("children"u8).ToArray();
        if (children.Any(c => c.Text("alias"u8).Length > 0))
            return false;

        var name = node.Text("function_name"u8);
        if (node.IsTrue("is_operator"u8))
        {
            if (children.Length == 2)
            {
                text.Append('(');
                if (!Write(children[0], text, depth + 1))
                    return false;
                text.Append(' ').Append(name).Append(' ');
                if (!Write(children[1], text, depth + 1))
                    return false;
                text.Append(')');
                return true;
            }

            text.Append(name).Append('(');
            return children.Length == 1 && Write(children[0], text, depth + 1) && text.Append(')') is not null;
        }

        if (node.Text("schema"u8) is { Length: > 0 } schema)
            text.Append(Name(schema)).Append('.');
        text.Append(FunctionName(name)).Append('(');
        if (node.IsTrue("distinct"u8))
            text.Append("DISTINCT ");
        for (var i = 0; i < children.Length; i++)
        {
            if (i > 0)
                text.Append(", ");
            if (!Write(children[i], text, depth + 1))
                return false;
        }

        text.Append(')');
        return true;
    }

    private static bool Constant(JsonElement value, StringBuilder text)
    {
        if (!value.Has("type"u8, out var type) || !value.Has("value"u8, out var content))
            return false;
        if (type.Is("id"u8, "INTEGER"u8) || type.Is("id"u8, "BIGINT"u8))
            text.Append(content.GetRawText());
        else if (type.Is("id"u8, "VARCHAR"u8) && content.ValueKind == JsonValueKind.String)
            text.Append('\'').Append(content.GetString()!.Replace("'", "''", StringComparison.Ordinal)).Append('\'');
        else if (type.Is("id"u8, "DECIMAL"u8) && content.TryGetInt64(out var unscaled)
            && type.Has("type_info"u8, out var info) && info.Has("scale"u8, out var scale))
            text.Append(Decimal(unscaled, scale.GetByte()).ToString(CultureInfo.InvariantCulture));
        else
            return false;
        return true;
    }

    private static decimal Decimal(long unscaled, byte scale) =>
        new((int)(Math.Abs(unscaled) & 0xFFFFFFFF), (int)(Math.Abs(unscaled) >> 32), 0, unscaled < 0, scale);

    private static string Name(string name) => IsPlain(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string FunctionName(string name) => IsPlain(name) ? name : $"\"{name}\"";

    private static bool IsPlain(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}
