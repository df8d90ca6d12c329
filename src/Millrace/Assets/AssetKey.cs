namespace Millrace.Assets;

/// <summary>Names one asset of the project graph, such as the table <c>sales.orders_daily</c>.</summary>
/// <remarks>A name is <c>name</c> or <c>schema.name</c>, lower case. Two keys are equal when kind and name are equal.</remarks>
public readonly record struct AssetKey(AssetKind Kind, string Name) : IComparable<AssetKey>
{
    /// <summary>Schemas and catalogs of the engine: <c>main.orders</c> would be another name of <c>orders</c>.</summary>
    private static readonly IReadOnlyList<string> TakenSchemas = ["main", "memory", "temp", "system", "information_schema", "pg_catalog"];

    /// <summary>Reads the name of an asset of a known kind.</summary>
    /// <exception cref="FormatException">
    /// There are more than two segments, or a segment is empty, starts with a digit, or holds a character other than a-z, 0-9, <c>_</c>; or the schema
    /// is one of the engine's own.
    /// </exception>
    public static AssetKey Parse(AssetKind kind, string name)
    {
        var segments = name.Split('.');
        if (segments.Length > 2)
            throw new FormatException($"Asset name '{name}' has {segments.Length} segments. A name is 'name' or 'schema.name'.");

        foreach (var segment in segments)
        {
            if (segment.Length == 0 || char.IsAsciiDigit(segment[0]) || !segment.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
                throw new FormatException(
                    $"Asset name '{name}' has the segment '{segment}'. A segment starts with a letter or _ and uses a-z, 0-9 and _, for example 'sales.orders_daily'.");
        }

        if (segments.Length == 2 && TakenSchemas.Contains(segments[0]))
            throw new FormatException($"Asset name '{name}' is in the schema '{segments[0]}', which the SQL engine keeps for itself. Choose another, for example 'sales.{segments[1]}'.");
        return new AssetKey(kind, name);
    }

    /// <summary>Reads the form that <see cref="ToString"/> writes, such as <c>table hourly</c>.</summary>
    public static AssetKey Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0
            ? Parse(AssetKinds.Parse(text[..space]), text[(space + 1)..])
            : throw new FormatException($"'{text}' is no asset key. A key is a kind and a name, for example 'table hourly'.");
    }

    /// <summary>The name, for people: a model or an endpoint, which may share its name with a table, says so.</summary>
    public string Title => Kind.IsRelation() ? Name : ToString();

    /// <inheritdoc/>
    public int CompareTo(AssetKey other)
    {
        var byName = string.CompareOrdinal(Name, other.Name);
        return byName != 0 ? byName : Kind.CompareTo(other.Kind);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind.Word()} {Name}";
}
