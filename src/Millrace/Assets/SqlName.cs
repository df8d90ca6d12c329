namespace Millrace.Assets;

/// <summary>Names and texts as SQL writes them.</summary>
public static class SqlName
{
    /// <summary>A quoted identifier: <c>"a""b"</c>.</summary>
    public static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>A quoted relation name; <c>schema.name</c> becomes <c>"schema"."name"</c>.</summary>
    public static string QuoteRelation(string name) => string.Join('.', name.Split('.').Select(Quote));

    /// <summary>A text literal: <c>'it''s'</c>.</summary>
    public static string Text(string value) => "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";
}
