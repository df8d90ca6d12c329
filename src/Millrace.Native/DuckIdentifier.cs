using System.Collections.Frozen;

namespace Millrace.Native;

/// <summary>Writes names and text the way the engine's SQL reads them back.</summary>
public static class DuckIdentifier
{
    // Words that cannot name a column without quotes: a test tries every word of duckdb_keywords() in the engine.
    private static readonly FrozenSet<string> Reserved = (
        "all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check "
        + "collate collation column columns concurrently constraint create cross default deferrable desc describe "
        + "distinct do else end except false fetch for foreign freeze from full generated glob group having ilike in "
        + "initially inner intersect into is isnull join lambda lateral leading left like limit map natural not notnull "
        + "null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify "
        + "references returning right select semi show similar some struct summarize symmetric table tablesample then to "
        + "trailing true try_cast union unique unpack unpivot using variadic verbose when where window with"
        ).Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The name as SQL needs it: as it is when it is plain, else in double quotes.</summary>
    public static string Quote(string name) => IsPlain(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text literal in single quotes.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool IsPlain(string name) =>
        name.Length > 0
        && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        && !Reserved.Contains(name);
}
