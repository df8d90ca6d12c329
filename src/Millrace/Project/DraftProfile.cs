using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Sources;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>Chooses the types of columns from every value that they hold.</summary>
/// <remarks>
/// A sample only tells which types are worth asking about; the answer counts all rows. The type is the narrowest that reads every
/// value. Where up to <see cref="MaxOddValues"/> different texts in up to <see cref="MaxOddShare"/> of the values stand against it, the type stays and
/// their rows are for the quarantine; with more of them the column is text. A text that means "no value" is none of them when the whole
/// source can say so: the contract knows one such text.
/// </remarks>
/// <param name="session">Where <paramref name="rows"/> can be read.</param>
/// <param name="rows">A relation with the file's texts as columns v0, v1, ...</param>
/// <param name="names">The names of the columns, in their order.</param>
internal sealed class DraftProfile(SqlSession session, string rows, IReadOnlyList<string> names)
{
    private const int MaxOddValues = 5;
    private const double MaxOddShare = 0.01;
    private const double MinSampleShare = 0.9;
    private const int SampleRows = 2000;

    private readonly long _rows = Numbers(session, $"SELECT count(*) FROM {rows}")[0];

    /// <summary>The columns, and how files are written as far as types decide it.</summary>
    public (CsvOptions Csv, IReadOnlyList<DraftColumn> Columns) Read(CsvOptions csv)
    {
        var present = Numbers(session, $"SELECT {Each(v => $"count({v})")} FROM {rows}");
        var candidates = Candidates();

        // Mostly the first candidate is right, and the wider ones need not be asked about.
        var firsts = Enumerable.Range(0, names.Count).Where(i => candidates[i].Count > 0).ToList();
        var fitting = Ask(rows, firsts.Select(i => Fitting(candidates[i][0], V(i))));
        var choices = candidates.Select((kinds, i) =>
            firsts.IndexOf(i) is var f and >= 0 && fitting[f] == present[i] && present[i] > 0
                && kinds[0].Format is null && kinds[0] != DraftKind.CommaDouble
                ? new Choice(kinds[0], [], 0, null)
                : Choose(i, present[i], kinds)).ToList();

        var hasPoints = choices.Exists(c => c.Kind == DraftKind.Double);
        if (csv.Delimiter != "," && !hasPoints && choices.Exists(c => c.Kind == DraftKind.CommaDouble))
            csv = csv with { DecimalSeparator = "," };
        else
            choices = [.. choices.Select(c => c.Kind == DraftKind.CommaDouble
                ? new Choice(DraftKind.Text, [], 0, "numbers with a decimal comma, which cannot be read beside the source's other values")
                : c)];

        if (NullText(choices, present) is { } nullText)
            csv = csv with { NullText = nullText };
        var none = SqlName.Text(csv.NullText);
        var empty = csv.NullText.Length == 0
            ? [.. present.Select(p => _rows - p)]
            : Numbers(session, $"SELECT {Each(v => $"count(*) FILTER (WHERE {v} IS NULL OR {v} = {none})")} FROM {rows}");
        return (csv, [.. choices.Select((c, i) => Column(i, c, present[i], empty[i], csv.NullText))]);
    }

    private string Each(Func<string, string> sql) => string.Join(", ", Enumerable.Range(0, names.Count).Select(i => sql(V(i))));

    private static string V(int column) => FormattableString.Invariant($"v{column}");

    /// <summary>The types that read most of a column's sample.</summary>
    private List<List<DraftKind>> Candidates()
    {
        var step = Math.Max(1, _rows / SampleRows);

        // One pattern, since the engine makes a join of every IN with a long list.
        var noValue = SqlName.Text($@"\s*|{string.Join('|', DraftWords.NoValue.Select(Regex.Escape))}");
        session.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            CREATE OR REPLACE TEMP TABLE draft_sample AS
            SELECT {Each(v => $"CASE WHEN NOT regexp_full_match({v}, {noValue}) THEN {v} END AS {v}")}
            FROM (SELECT *, row_number() OVER () AS draft_row FROM {rows}) WHERE draft_row % {step} = 0
            """));
        var counts = Numbers(session, $"SELECT {Each(v => $"count({v})")} FROM draft_sample");
        var usual = Kept(DraftKind.Usual, Enumerable.Range(0, names.Count), counts);

        const string DateLike = @"\s*(\d{1,4}[-./ ]\w{1,9}[-./ ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4}).*";
        var isLike = (string v) => $"count(*) FILTER (WHERE regexp_full_match({v}, {SqlName.Text(DateLike)}))";
        var like = Numbers(session, $"SELECT {Each(isLike)} FROM draft_sample");
        var others = Enumerable.Range(0, names.Count).Where(i => usual[i].Count == 0 && like[i] >= counts[i] * MinSampleShare);
        var written = Kept(DraftKind.Written, others, counts);
        return [.. Enumerable.Range(0, names.Count).Select(i => usual[i].Count > 0 ? usual[i] : written.GetValueOrDefault(i, []))];
    }

    private Dictionary<int, List<DraftKind>> Kept(IReadOnlyList<DraftKind> kinds, IEnumerable<int> columns, IReadOnlyList<long> counts)
    {
        var kept = new Dictionary<int, List<DraftKind>>();
        var asked = columns.ToList();
        var fitting = Ask("draft_sample", asked.SelectMany(c => kinds.Select(k => Fitting(k, V(c)))));
        for (var i = 0; i < asked.Count; i++)
            kept.Add(asked[i], [.. kinds.Where((_, k) => fitting[(i * kinds.Count) + k] >= counts[asked[i]] * MinSampleShare)]);

        return kept;
    }

    /// <summary>Counts over a relation, in one scan for many.</summary>
    private List<long> Ask(string relation, IEnumerable<string> counts) =>
        [.. counts.Chunk(200).SelectMany(c => Numbers(session, $"SELECT {string.Join(", ", c)} FROM {relation}"))];

    private static string Fitting(DraftKind kind, string value) => $"count(*) FILTER (WHERE {kind.Fits(value)})";

    private Choice Choose(int column, long present, List<DraftKind> kinds)
    {
        if (present == 0)
            return new Choice(DraftKind.Text, [], 0, "no value in any row, so the type is a guess");
        if (kinds.Count == 0)
            return new Choice(DraftKind.Text, [], 0, null);

        var fitting = Ask(rows, kinds.Select(k => Fitting(k, V(column))));
        var all = kinds.Where((_, k) => fitting[k] == present).ToList();
        if (all.Count > 0)
            return Narrowest(column, all);

        var most = fitting.Max();
        var best = kinds.Where((_, k) => fitting[k] == most).ToList();
        var narrowest = Narrowest(column, best);
        if (narrowest.Kind.IsText)
            return narrowest;
        var misfit = $"{V(column)} IS NOT NULL AND NOT coalesce({narrowest.Kind.Fits(V(column))}, false)";
        using var result = session.Query(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {V(column)}, count(*) FROM {rows} WHERE {misfit} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MaxOddValues + 2}"));
        var odd = result.Rows().Select(r => ((string)r[0]!, Convert.ToInt64(r[1], CultureInfo.InvariantCulture))).ToList();
        return new Choice(narrowest.Kind, odd, present - most, null);
    }

    /// <summary>The first of the kinds; text where two of them read different days, or where a comma may be one of thousands.</summary>
    private Choice Narrowest(int column, List<DraftKind> kinds)
    {
        var (v, first) = (V(column), kinds[0]);
        const string Thousands = @"'\s*-?\d{1,3}(,\d{3})?\s*'";
        if (first == DraftKind.CommaDouble && Ask(rows, [$"count(*) FILTER (WHERE NOT regexp_full_match({v}, {Thousands}))"])[0] == 0)
            return new Choice(DraftKind.Text, [], 0, "a comma before three digits may stand for thousands or for decimals");
        if (first.Format is null)
            return new Choice(first, [], 0, null);
        foreach (var other in kinds.Skip(1).Where(k => k.Format is not null))
        {
            if (Ask(rows, [$"count(*) FILTER (WHERE {first.Moment(v)} <> {other.Moment(v)})"])[0] == 0)
                continue;
            var remark = $"dates that read as {first.Format} and as {other.Format}; write type {first.Type} and the right format";
            return new Choice(DraftKind.Text, [], 0, remark);
        }

        return new Choice(first, [], 0, null);
    }

    /// <summary>The one text that means "no value", where columns would have their types but for it and nothing else is empty.</summary>
    private string? NullText(List<Choice> choices, IReadOnlyList<long> present)
    {
        if (present.Any(p => p < _rows))
            return null;
        return choices.SelectMany(c => c.Odd)
            .Where(o => DraftWords.NoValue.Contains(o.Text) || (o.Text.Length > 0 && string.IsNullOrWhiteSpace(o.Text)))
            .GroupBy(o => o.Text)
            .OrderByDescending(g => g.Sum(o => o.Count)).ThenBy(g => g.Key, StringComparer.Ordinal)
            .FirstOrDefault()?.Key;
    }

    private DraftColumn Column(int column, Choice choice, long present, long empty, string nullText)
    {
        var name = names[column];
        var odd = choice.Odd.Where(o => o.Text != nullText || nullText.Length == 0).ToList();
        var misfits = choice.Misfits - (nullText.Length > 0 ? choice.Odd.Where(o => o.Text == nullText).Sum(o => o.Count) : 0);
        var isNullText = nullText.Length > 0 && empty > 0;
        var nullRemark = isNullText ? $"{DraftText.Count(empty, "value")} {DraftText.Shown(nullText)}, read as none" : null;
        if (misfits == 0)
            return new DraftColumn(name, choice.Kind, empty == 0 && _rows > 0, 0, choice.Remark ?? nullRemark);

        var such = string.Join(", ", odd.Take(MaxOddValues).Select(o =>
            string.Create(CultureInfo.InvariantCulture, $"{DraftText.Shown(o.Text)} ({o.Count:N0})")));
        if (odd.Count > MaxOddValues || misfits > MaxOddShare * present)
        {
            var remark = $"text, because {DraftText.Count(misfits, "value")} such as {such} would be no {choice.Kind.Type}";
            return new DraftColumn(name, DraftKind.Text, empty == 0, 0, remark);
        }

        return new DraftColumn(
            name, choice.Kind, empty == 0, misfits, $"not {choice.Kind.Type}, so their rows will be quarantined: {such}");
    }

    internal static long[] Numbers(SqlSession session, string select)
    {
        using var result = session.Query(select);
        return [.. result.Rows().First().Select(v => Convert.ToInt64(v, CultureInfo.InvariantCulture))];
    }

    /// <summary>A kind, the most frequent texts against it, and how many values stand against it in all.</summary>
    private sealed record Choice(DraftKind Kind, IReadOnlyList<(string Text, long Count)> Odd, long Misfits, string? Remark);
}
