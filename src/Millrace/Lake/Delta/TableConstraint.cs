using System.Text.Json.Nodes;

namespace Millrace.Lake.Delta;

/// <summary>A rule that every row of a table keeps: a property <c>delta.constraints.NAME</c>.</summary>
/// <param name="Name">The part after the prefix.</param>
/// <param name="Expression">A condition over the table's columns; a row for which it is not true, so also NULL, breaks it.</param>
public sealed record TableConstraint(string Name, string Expression)
{
    /// <summary>What the property's name begins with.</summary>
    public const string Prefix = "delta.constraints.";

    /// <summary>The constraints among a table's properties.</summary>
    public static IReadOnlyList<TableConstraint> Of(IReadOnlyDictionary<string, string> configuration) =>
        [.. configuration.Where(p => p.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .Select(p => new TableConstraint(p.Key[Prefix.Length..], p.Value)).OrderBy(c => c.Name, StringComparer.Ordinal)];

    /// <summary>The first column whose field carries a rule that we cannot uphold, with that rule; null when there is none.</summary>
    internal static (string Column, string Rule)? Unknown(string schemaString)
    {
        (string, string)[] rules =
        [
            ("delta.generationExpression", "a generated column"), ("delta.identity.start", "an identity column"),
            ("delta.invariants", "a column with an invariant"), ("CURRENT_DEFAULT", "a column with a default"),
        ];
        if (!Array.Exists(rules, r => schemaString.Contains($"\"{r.Item1}\"", StringComparison.Ordinal)))
            return null;
        foreach (var field in JsonNode.Parse(schemaString)!["fields"]!.AsArray())
        {
            foreach (var (key, words) in rules)
            {
                if (field!.ToJsonString().Contains($"\"{key}\"", StringComparison.Ordinal))
                    return ((string)field["name"]!, $"{words} ({key})");
            }
        }

        return null;
    }
}
