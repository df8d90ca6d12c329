using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>One SELECT as a syntax tree, with what can be said of it without knowing its parents.</summary>
public sealed class ParsedQuery
{
    internal ParsedQuery(JsonElement root, QueryOutline outline)
    {
        Root = root;
        Outline = outline;
    }

    /// <summary>The part that a cache keeps.</summary>
    public QueryOutline Outline { get; }

    /// <inheritdoc cref="QueryOutline.Text"/>
    public Fingerprint Text => Outline.Text;

    /// <inheritdoc cref="QueryOutline.Variables"/>
    public IReadOnlyList<string> Variables => Outline.Variables;

    /// <inheritdoc cref="QueryOutline.Relations"/>
    public IReadOnlyList<string> Relations => Outline.Relations;

    /// <inheritdoc cref="QueryOutline.Findings"/>
    public IReadOnlyList<QueryFinding> Findings => Outline.Findings;

    /// <summary>The node of the SELECT.</summary>
    internal JsonElement Root { get; }
}
