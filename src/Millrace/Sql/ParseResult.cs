using System.Diagnostics.CodeAnalysis;

namespace Millrace.Sql;

/// <summary>Either a parsed query or the reason why a text is none.</summary>
public readonly record struct ParseResult
{
    internal ParseResult(ParsedQuery query) => Query = query;

    internal ParseResult(SqlError error) => Error = error;

    /// <summary>The query; null when the text is not one SELECT.</summary>
    public ParsedQuery? Query { get; }

    /// <summary>Why there is no query; null when there is one.</summary>
    public SqlError? Error { get; }

    /// <summary>True when there is a query.</summary>
    [MemberNotNullWhen(true, nameof(Query))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsQuery => Query is not null;
}
