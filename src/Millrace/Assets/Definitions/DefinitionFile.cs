namespace Millrace.Assets.Definitions;

/// <summary>What the files of all kinds of assets share: a name that comes from their place, and a few keys.</summary>
public static class DefinitionFile
{
    /// <summary><c>description</c>.</summary>
    public static readonly Key Description = new("description", KeyKind.Text, "What the asset is, for people.")
    {
        Example = "Rides per hour",
    };

    /// <summary><c>owner</c>.</summary>
    public static readonly Key Owner = new("owner", KeyKind.Text, "Who answers for it: a person or a team.") { Example = "team-mobility" };

    /// <summary><c>tags</c>.</summary>
    public static readonly Key Tags = new("tags", KeyKind.Texts, "Words to find it by.") { Example = new[] { "bike", "daily" } };

    /// <summary><c>checks</c>: here a list of anything; the room that knows checks reads the items and tells schemas their shape.</summary>
    public static readonly Key Checks = new(
        "checks", KeyKind.Any, "Rules that the rows of a new version must pass; a list with one check an item.");

    /// <summary><c>interval</c>.</summary>
    public static readonly Key Interval = new("interval", KeyKind.Word, "The grain in which intervals of time_column are counted, in UTC.")
    {
        Words = IntervalUnits.Words,
        Default = "day",
    };

    /// <summary>The asset that a file declares.</summary>
    /// <remarks><c>sources/rides.yaml</c> is <c>rides</c>, <c>sources/sales/orders.yaml</c> is <c>sales.orders</c>.</remarks>
    /// <param name="kind">The kind that the first folder holds.</param>
    /// <param name="file">The path relative to the project, with forward slashes.</param>
    /// <param name="problems">Takes the Problem when the path gives no name.</param>
    /// <returns>The key, or null after a Problem.</returns>
    public static AssetKey? KeyOf(AssetKind kind, string file, ICollection<Problem> problems)
    {
        var withoutExtension = file[..^Path.GetExtension(file).Length];
        var segments = withoutExtension.Split('/')[1..];
        try
        {
            if (segments.FirstOrDefault(s => s.Contains('.', StringComparison.Ordinal)) is { } dotted)
                throw new FormatException($"'{dotted}' has a dot. A schema is a folder: sales/orders is named 'sales.orders'.");
            return AssetKey.Parse(kind, string.Join('.', segments));
        }
        catch (FormatException e)
        {
            problems.Add(new Problem(
                "bad-name",
                $"This file gives no name to a {kind.Word()}. {e.Message} Rename or move the file.",
                file,
                1));
            return null;
        }
    }

    /// <summary>The line on which a YAML text has a key, at any depth; the first when it stands nowhere.</summary>
    public static int LineOf(string text, string key)
    {
        static bool Starts(string line, string word, int at) =>
            at >= 0 && line.AsSpan(at + word.Length).StartsWith(":") && (at == 0 || line[at - 1] is ' ' or '{' or ',' or '-') && !line.AsSpan(0, at).Contains('#');
        return 1 + Math.Max(0, Array.FindIndex(text.Split('\n'), line => Starts(line, key, line.IndexOf(key, StringComparison.Ordinal))));
    }

    /// <summary>The unit that <see cref="Interval"/> names.</summary>
    public static IntervalUnit UnitOf(Section section) =>
        section.Text(Interval.Name) is { } word ? (IntervalUnit)IntervalUnits.Words.ToList().IndexOf(word) : IntervalUnit.Day;
}
