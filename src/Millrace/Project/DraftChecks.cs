using System.Globalization;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>Finds the rules that all loaded rows keep and that are likely to be meant.</summary>
/// <param name="session">Where <paramref name="rows"/> can be read.</param>
/// <param name="rows">A relation with the typed rows under their own names.</param>
/// <param name="columns">The contract.</param>
internal sealed class DraftChecks(SqlSession session, string rows, IReadOnlyList<DraftColumn> columns)
{
    private const int MaxMembers = 12;
    private const int MinRowsOfSets = 100;
    private const int MinRowsOfKeys = 10;
    private const int MinRowsOfSums = 20;
    private const int MaxPairs = 40;
    private const int MaxSumColumns = 100;
    private const int MaxSums = 3;

    private readonly long _rows = DraftProfile.Numbers(session, $"SELECT count(*) FROM {rows}")[0];
    private readonly Dictionary<string, Fact> _facts = Facts(session, rows, columns);

    /// <summary>The only column that says when a row happened; null where there is none, or more than one.</summary>
    /// <param name="candidates">All columns that could be it.</param>
    public string? TimeColumn(out IReadOnlyList<string> candidates)
    {
        candidates = [.. columns.Where(c => c.Kind.IsTime && c.IsRequired && !DraftWords.IsBirthName(c.Name)
            && Year(_facts[c.Name].Min) is >= 1970 && Year(_facts[c.Name].Max) is < 2100).Select(c => c.Name)];
        return candidates.Count == 1 ? candidates[0] : null;
    }

    /// <summary>The first and the last value of a column, as texts.</summary>
    public (string Min, string Max) Range(string column) => (_facts[column].Min ?? "", _facts[column].Max ?? "");

    /// <summary>A column that is different in every row, else the first pair that is; empty where there is none.</summary>
    public IReadOnlyList<string> Key()
    {
        if (_rows < MinRowsOfKeys)
            return [];
        var able = columns.Where(c => c.IsRequired && c.Kind.Type is not ("double" or "boolean")).ToList();
        var ranked = able.OrderBy(c => DraftWords.IsKeyName(c.Name) ? 0 : 1).ToList();

        // Whole numbers that are all different by chance would block a later load, unless they stand where keys stand.
        if (ranked.Find(c => (c.Kind.IsText || c.Kind.IsTime || IsAnchor(c) || c == columns[0]) && IsNearly(_facts[c.Name].Distinct, _rows)
            && IsUnique([c.Name])) is { } single)
            return [single.Name];

        var pairs = from a in ranked
                    from b in ranked
                    let place = (able.IndexOf(a), able.IndexOf(b))
                    where place.Item1 < place.Item2 && (IsAnchor(a) || IsAnchor(b))
                        && IsNearly(_facts[a.Name].Distinct * (double)_facts[b.Name].Distinct, _rows)
                    orderby (IsAnchor(a) ? 0 : 1) + (IsAnchor(b) ? 0 : 1), place
                    select new[] { a.Name, b.Name };
        return pairs.Take(MaxPairs).FirstOrDefault(IsUnique) ?? [];

        static bool IsAnchor(DraftColumn c) => DraftWords.IsKeyName(c.Name) || c.Kind.IsTime;
    }

    /// <summary>The checks of the source, as lines of YAML, each below what was seen.</summary>
    public IReadOnlyList<string> Lines(IReadOnlyList<string> key)
    {
        var lines = new List<string>();
        if (_rows == 0)
            return lines;
        Add($"{DraftText.Count(_rows, "row")}", "row_count: {min: 1}");
        if (key.Count > 0)
            Add($"{DraftText.Count(_rows, "row")}, as many different values", $"unique: {List(key)}");
        foreach (var (left, right, sum) in Sums())
        {
            var rule = DraftText.Yaml($"{left} + {right} = {sum}");
            Add("true in every row; a model that is to tell the one must not know the others", $"expression: {rule}", isWarning: true);
        }

        foreach (var column in columns.Where(c => !key.Contains(c.Name)))
        {
            var name = DraftText.Yaml(column.Name);
            if (Bounds(column) is { } bounds)
                Add($"{_facts[column.Name].Min} to {_facts[column.Name].Max}", $"between: {{column: {name}, {bounds}}}", isWarning: true);
            if (Members(column) is not { } members)
                continue;
            var values = string.Join(", ", members.Select(DraftText.Yaml));
            Add(DraftText.Count(members.Count, "different value"), $"in_set: {{column: {name}, values: [{values}]}}", isWarning: true);
        }

        return lines;

        void Add(string seen, string check, bool isWarning = false)
        {
            lines.Add($"  # seen: {seen}");
            lines.Add($"  - {check}");
            if (isWarning)
                lines.Add("    on_fail: warn");
        }
    }

    /// <summary>A list of names in YAML; one name stands alone.</summary>
    public static string List(IReadOnlyList<string> names) =>
        names.Count == 1 ? DraftText.Yaml(names[0]) : $"[{string.Join(", ", names.Select(DraftText.Yaml))}]";

    /// <summary>Columns of whole numbers of which two add up to a third in every row, as SQL names.</summary>
    private List<(string Left, string Right, string Sum)> Sums()
    {
        var able = columns.Where(c => c.IsRequired && c.Kind == DraftKind.Integer && _facts[c.Name].Distinct > 2)
            .Take(MaxSumColumns).ToList();
        if (able.Count < 3 || _rows < MinRowsOfSums)
            return [];

        using var sample = session.Query($"SELECT {string.Join(", ", able.Select(c => SqlName.Quote(c.Name)))} FROM {rows} LIMIT 1000");
        var values = sample.Rows()
            .Select(r => r.Select(v => (Int128)Convert.ToInt64(v, CultureInfo.InvariantCulture)).ToArray()).ToList();
        var keywords = Keywords(session);
        var found = new List<(string, string, string)>();
        for (var a = 0; a < able.Count; a++)
        {
            for (var b = a + 1; b < able.Count; b++)
            {
                for (var sum = 0; sum < able.Count && found.Count < MaxSums; sum++)
                {
                    var (x, y, z) = (a, b, sum);
                    if (z == x || z == y || !values.TrueForAll(r => r[x] + r[y] == r[z]))
                        continue;
                    var (left, right, total) = (Sql(x), Sql(y), Sql(z));
                    var broken = $"SELECT count(*) FROM {rows} WHERE {left}::HUGEINT + {right} <> {total}";
                    if (DraftProfile.Numbers(session, broken)[0] == 0)
                        found.Add((left, right, total));
                }
            }
        }

        return found;

        string Sql(int column) => DraftText.Sql(able[column].Name, keywords);
    }

    /// <summary>The engine's words that are no names of columns or relations.</summary>
    public static IReadOnlySet<string> Keywords(SqlSession session)
    {
        using var result = session.Query("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'");
        return result.Rows().Select(r => (string)r[0]!).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private string? Bounds(DraftColumn column)
    {
        if (column.Kind.Type is not ("double" or "bigint") || DraftWords.IsKeyName(column.Name))
            return null;
        return (Number(_facts[column.Name].Min), Number(_facts[column.Name].Max)) switch
        {
            ( >= 0, <= 1 and > 0) => "min: 0, max: 1",
            ( >= 0, _) => "min: 0",
            _ => null,
        };
    }

    private IReadOnlyList<string>? Members(DraftColumn column)
    {
        if (!column.Kind.IsText || _rows < MinRowsOfSets || _facts[column.Name].Distinct is 0 or > MaxMembers * 2)
            return null;
        var name = SqlName.Quote(column.Name);
        using var result = session.Query(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {name} FROM {rows} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {MaxMembers + 1}"));
        var members = result.Rows().Select(r => (string)r[0]!).ToList();
        return members.Count is > 0 and <= MaxMembers && members.TrueForAll(m => m.Length <= 100) ? members : null;
    }

    private bool IsUnique(IReadOnlyList<string> key)
    {
        using var result = session.Query(
            $"SELECT 1 FROM {rows} GROUP BY {string.Join(", ", key.Select(SqlName.Quote))} HAVING count(*) > 1 LIMIT 1");
        return result.Scalar() is null;
    }

    /// <summary>Counts of different values are estimates here, some percent off.</summary>
    private static bool IsNearly(double distinct, long count) => distinct >= count * 0.8;

    private static int? Year(string? time) =>
        time is { Length: >= 4 } && int.TryParse(time[..4], CultureInfo.InvariantCulture, out var year) ? year : null;

    private static double? Number(string? text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Dictionary<string, Fact> Facts(SqlSession session, string rows, IReadOnlyList<DraftColumn> columns)
    {
        using var result = session.Query("SELECT " + string.Join(", ", columns.Select(c =>
        {
            var name = SqlName.Quote(c.Name);
            var ends = c.Kind.IsText ? "NULL, NULL" : $"min({name})::VARCHAR, max({name})::VARCHAR";
            return $"approx_count_distinct({name}), {ends}";
        })) + $" FROM {rows}");
        var values = result.Rows().First();
        return columns.Select((c, i) => (c.Name, Fact: new Fact(
            Convert.ToInt64(values[3 * i], CultureInfo.InvariantCulture),
            values[(3 * i) + 1] as string,
            values[(3 * i) + 2] as string)))
            .ToDictionary(f => f.Name, f => f.Fact);
    }

    private sealed record Fact(long Distinct, string? Min, string? Max);
}
