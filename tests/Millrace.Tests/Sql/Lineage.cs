using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>What the tests of the room share: one parser, a few parents, and short ways to ask.</summary>
internal static class Lineage
{
    public static readonly QueryParser Parser = new();

    private static readonly Dictionary<string, string> Variables = new() { ["rate"] = "0.2" };

    /// <summary>t(a, b, c, d), u(a, x, y), n(id, s STRUCT(f, g), l list), sales.orders(id, amount).</summary>
    public static readonly IReadOnlyDictionary<string, RelationFacts> Parents = new[]
    {
        Facts("t", "a INTEGER", "b INTEGER", "c VARCHAR", "d DOUBLE"),
        Facts("u", "a INTEGER", "x INTEGER", "y VARCHAR"),
        Facts("n", "id INTEGER", "s STRUCT(f INTEGER, g VARCHAR)", "l INTEGER[]", "j VARCHAR"),
        Facts("sales.orders", "id INTEGER", "amount DOUBLE"),
    }.ToDictionary(f => f.Name);

    public static RelationFacts Facts(string name, params string[] columns) => new(
        name,
        Fingerprint.Of(name, "rows"),
        [.. columns.Select(c => c.Split(' ', 2)).Select(c => new ColumnFacts(c[0], DataType.Parse(c[1]), Fingerprint.Of(name, c[0])))]);

    public static RelationFacts With(this RelationFacts facts, string column) => facts with
    {
        Columns = [.. facts.Columns.Select(c => c.Name == column ? c with { Fingerprint = Fingerprint.Of("changed", c.Fingerprint.Text) } : c)],
    };

    public static ParsedQuery Parse(string sql)
    {
        var result = Parser.Parse(sql);
        return result.IsQuery ? result.Query : throw new InvalidOperationException($"{result.Error.Message}\n{sql}");
    }

    public static QueryAnalysis Analyze(string sql, IReadOnlyDictionary<string, RelationFacts>? parents = null, IReadOnlyDictionary<string, string>? variables = null) =>
        QueryAnalyzer.Analyze(Parse(sql), parents ?? Parents, variables ?? Variables);

    /// <summary>The columns as <c>name&lt;t.a,t.b</c>, separated by blanks.</summary>
    public static string Columns(string sql) => Columns(Analyze(sql));

    public static string Columns(QueryAnalysis analysis) =>
        string.Join(" ", analysis.Columns.Select(c => $"{c.Name}<{string.Join(",", c.Sources)}{(c.IsResolved ? "" : "?")}"));

    public static string RowSources(string sql) => string.Join(",", Analyze(sql).RowSources);
}
