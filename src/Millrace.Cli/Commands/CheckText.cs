using Millrace.Cli.Output;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary>What checks found, for people.</summary>
internal static class CheckText
{
    /// <summary>One record for each check: an asset that is computed in several tasks asks each check as often.</summary>
    public static IReadOnlyList<CheckRecord> Worst(IReadOnlyList<CheckRecord> checks) => [.. checks.GroupBy(c => c.Id).Select(g =>
    {
        var failed = g.Where(c => !c.Passed).ToList();
        return failed.Count == 0 ? g.Last() : failed[0] with { Failed = failed.Sum(c => c.Failed) };
    })];

    /// <summary>How many passed, and how the others ended: <c>11 passed, 1 warned</c>.</summary>
    /// <param name="isOfModel">Gates of a model refuse, checks of a table block.</param>
    public static Cell Counts(IReadOnlyList<CheckRecord> checks, bool isOfModel = false)
    {
        var worst = Worst(checks);
        var (warned, blocked, aside) = (Failed(worst, "warn").Count, Failed(worst, "block").Count, Failed(worst, "quarantine").Count);
        var parts = new[] { (worst.Count(c => c.Passed), "passed"), (warned, "warned"), (aside, "quarantined"), (blocked, isOfModel ? "refused" : "blocked") }
            .Where(p => p.Item1 > 0).Select(p => $"{Human.Number(p.Item1)} {p.Item2}");
        return new Cell(string.Join(", ", parts), blocked > 0 ? Tone.Bad : warned + aside > 0 ? Tone.Warning : Tone.Plain);
    }

    /// <summary>A check that did not pass, in one line: <c>between(temp) found 3 rows: for example {"temp":1.7}</c>.</summary>
    public static string Failure(CheckRecord check)
    {
        if (check.Note.Length > 0 && char.IsAsciiDigit(check.Note[0]))
            return $"{check.Id} found {check.Note}";
        var rows = check.Failed > 0 ? $" found {Human.Count(check.Failed, "row")}" : " failed";
        return check.Note.Length > 0 ? $"{check.Id}{rows}: {check.Note}" : check.Id + rows;
    }

    /// <summary>The checks of an effect that did not pass, each once.</summary>
    public static IReadOnlyList<CheckRecord> Failed(IReadOnlyList<CheckRecord> checks, string effect) =>
        [.. Worst(checks).Where(c => !c.Passed && c.Effect == effect)];
}
