using System.Diagnostics.CodeAnalysis;
using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>The columns of a query, or why it has none.</summary>
/// <param name="Name">The name under which others read it.</param>
/// <param name="Schema">The columns as they are stored; null when the query failed.</param>
/// <param name="Error">The engine's text; null when it did not fail.</param>
public sealed record DescribedQuery(string Name, Schema? Schema, string? Error)
{
    /// <summary>True when there are columns.</summary>
    [MemberNotNullWhen(true, nameof(Schema))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsDescribed => Schema is not null;
}
