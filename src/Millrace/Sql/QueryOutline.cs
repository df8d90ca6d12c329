using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>What a text says of itself, without its parents: the part of a parsed query that a cache keeps.</summary>
/// <param name="Text">The fingerprint of the syntax tree: comments, white space and positions do not count.</param>
/// <param name="Variables">The variables, in the order in which the text first names them.</param>
/// <param name="Relations">The relations read, <c>name</c> or <c>schema.name</c> in lower case, in the tree's order; never a CTE.</param>
/// <param name="Findings">What an asset's SQL may not do, in the order of the text.</param>
public sealed record QueryOutline(
    Fingerprint Text, IReadOnlyList<string> Variables, IReadOnlyList<string> Relations, IReadOnlyList<QueryFinding> Findings)
{
    /// <summary>The outline as one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, OutlineJson.Default.QueryOutline);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is something else.</exception>
    public static QueryOutline FromJson(string json) =>
        JsonSerializer.Deserialize(json, OutlineJson.Default.QueryOutline) ?? throw new JsonException("The outline of a query is null.");
}

[JsonSerializable(typeof(QueryOutline))]
internal sealed partial class OutlineJson : JsonSerializerContext;
