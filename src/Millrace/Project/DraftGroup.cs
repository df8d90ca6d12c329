using System.Text.RegularExpressions;

namespace Millrace.Project;

/// <summary>Files that make one source.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="Files">At least one file, all written alike.</param>
/// <param name="Columns">The columns that every file has, in the order of the first.</param>
/// <param name="LeftOut">Columns that some files have and others lack.</param>
internal sealed partial record DraftGroup(
    string Name, IReadOnlyList<DraftCsv> Files, IReadOnlyList<string> Columns, IReadOnlyList<string> LeftOut)
{
    /// <summary>Joins files with the same header, and files whose names differ only in digits and share most columns.</summary>
    /// <remarks>Files that are written differently stay apart, since a source reads all of its files in one way.</remarks>
    public static IReadOnlyList<DraftGroup> Of(IReadOnlyList<DraftCsv> files)
    {
        var groups = new List<List<DraftCsv>>();
        foreach (var file in files)
        {
            if (groups.Find(g => Belongs(file, g)) is { } group)
                group.Add(file);
            else
                groups.Add([file]);
        }

        var named = new List<DraftGroup>();
        foreach (var group in groups)
        {
            var columns = group[0].Names.Where(n => group.TrueForAll(f => Has(f, n))).ToList();
            var leftOut = group.SelectMany(f => f.Names).Where(n => !columns.Contains(n, StringComparer.OrdinalIgnoreCase))
                .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            named.Add(new DraftGroup(Unused(NameOf(group), [.. named.Select(n => n.Name)]), OneWay(group), columns, leftOut));
        }

        return named;
    }

    private static bool Belongs(DraftCsv file, List<DraftCsv> group)
    {
        var first = group[0];
        if (file.Csv.Delimiter != first.Csv.Delimiter || file.Csv.Header != first.Csv.Header || file.Csv.SkipLines != first.Csv.SkipLines
            || file.Csv.Comment != first.Csv.Comment)
            return false;

        // A file without quotes, or in ASCII, goes with either kind.
        if (group.Exists(f => (f.IsQuoteNeeded is not null && file.IsQuoteNeeded is not null && HowQuoted(f) != HowQuoted(file))
            || (f.Bytes.Encoding is { } a && file.Bytes.Encoding is { } b && a != b)))
            return false;
        var isAlike = Pattern(file) == Pattern(first);
        if (!file.Csv.Header)
            return isAlike && file.Names.Count == first.Names.Count;
        var shared = group.Aggregate(file.Names.AsEnumerable(), (names, f) => names.Where(n => Has(f, n))).Count();
        var isSame = file.Names.Count == first.Names.Count && shared == first.Names.Count;
        return isSame || (isAlike && shared * 2 >= Math.Max(file.Names.Count, group.Max(f => f.Names.Count)));
    }

    private static (bool?, string, string) HowQuoted(DraftCsv file) => (file.IsQuoteNeeded, file.Csv.Quote, file.Csv.Escape);

    private static bool Has(DraftCsv file, string name) => file.Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyList<DraftCsv> OneWay(List<DraftCsv> group)
    {
        var csv = (group.Find(f => f.IsQuoteNeeded is not null) ?? group[0]).Csv;
        csv = csv with { Encoding = group.Select(f => f.Bytes.Encoding).FirstOrDefault(e => e is not null) ?? csv.Encoding };
        return [.. group.Select(f => f with { Csv = csv })];
    }

    private static string NameOf(List<DraftCsv> group)
    {
        var folder = Path.GetFileName(Path.GetDirectoryName(group[0].Path)) ?? "";
        var stems = group.Select(f => DraftInput.Stem(f.Path)).ToList();
        var isSeries = group.TrueForAll(f => Pattern(f) == Pattern(group[0]));
        var shared = group.Count == 1 ? stems[0] : isSeries ? Pattern(group[0]) : Start(stems);
        return DraftText.AssetName(shared) ?? DraftText.AssetName(folder) ?? "rows";
    }

    /// <summary>The words with which all names begin; nothing when that is less than three letters.</summary>
    private static string Start(List<string> stems)
    {
        var length = Enumerable.Range(0, stems.Min(s => s.Length) + 1)
            .Last(n => stems.TrueForAll(s => string.CompareOrdinal(s, 0, stems[0], 0, n) == 0));
        var start = stems[0][..length];
        return stems.TrueForAll(s => s.Length == length || !char.IsLetter(s[length])) && length >= 3 ? start
            : start.LastIndexOfAny(['_', '-', ' ', '.']) is var end and >= 3 ? start[..end] : "";
    }

    /// <summary>The name without digits and what stands between them: the same for every month of a series.</summary>
    private static string Pattern(DraftCsv file) => Digits().Replace(DraftInput.Stem(file.Path), "_").Trim('_');

    private static string Unused(string name, List<string> taken)
    {
        // A draft makes the table <name>_clean too.
        var free = name;
        for (var number = 2; taken.Exists(t => t == free || t + "_clean" == free || free + "_clean" == t); number++)
            free = FormattableString.Invariant($"{name}_{number}");
        return free;
    }

    [GeneratedRegex(@"[-_. ]*\d+([-_. ]*\d+)*[-_. ]*", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
