using Millrace.Sql.Lineage;

namespace Millrace.Sql;

/// <summary>Finds what a query gives and reads: column lineage and fingerprints in one pass over its syntax tree.</summary>
public static class QueryAnalyzer
{
    /// <summary>Raised whenever the same tree and facts would give other fingerprints. Part of a cache's key.</summary>
    public const int Revision = 1;

    /// <summary>Analyses a query against what its parents offer. Pure, safe from several threads, and it never fails.</summary>
    /// <param name="query">The parsed text.</param>
    /// <param name="relations">The parents by their names in lower case. One that is missing leaves the query unresolved.</param>
    /// <param name="variables">
    /// SQL literals by variable's name. They count by value, except <c>start</c>, <c>end</c> and <c>as_of</c>, which count by name since
    /// each run binds them anew.
    /// </param>
    /// <param name="names">
    /// The names of the columns as the engine gives them (<see cref="SqlSession.Describe(string)"/>), where they are known. They name
    /// columns that have no name of their own, and columns that cannot be resolved.
    /// </param>
    public static QueryAnalysis Analyze(
        ParsedQuery query,
        IReadOnlyDictionary<string, RelationFacts> relations,
        IReadOnlyDictionary<string, string> variables,
        IReadOnlyList<string>? names = null) => new QueryWalk(query, relations, variables).Run(names);
}
