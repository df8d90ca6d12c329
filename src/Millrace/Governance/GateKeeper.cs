using System.Globalization;
using Millrace.Ledger;
using Millrace.Registry;

namespace Millrace.Governance;

/// <summary>Asks the gates of a model about a candidate. What cannot be measured does not pass.</summary>
internal static class GateKeeper
{
    /// <summary>Rows that a comparison with the champion needs at least.</summary>
    private const int LeastRows = 30;

    /// <summary>One outcome a gate, in their order.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="evaluation">What the candidate proved.</param>
    /// <param name="incomparable">Why the candidate could not be compared with a champion that exists; null when it could, or there is none.</param>
    public static IReadOnlyList<CheckRecord> Ask(IReadOnlyList<Gate> gates, EvaluationRecord evaluation, string? incomparable) =>
        [.. gates.Select(gate =>
        {
            var (passed, note) = gate.Rival == GateRival.Champion ? AskChampion(gate, evaluation, incomparable) : AskBounds(gate, evaluation);
            return new CheckRecord(gate.Id, "block", passed, 0, note);
        })];

    private static (bool, string) AskChampion(Gate gate, EvaluationRecord evaluation, string? incomparable)
    {
        if (incomparable is not null)
            return (false, incomparable);
        if (evaluation.Champion is not { } champion)
            return (true, "there is no champion yet");
        if (champion.Rows < LeastRows)
            return (false, Text($"only {champion.Rows} held-out rows are new to the champion, version {champion.Version}; {LeastRows} are needed. Wait for newer rows."));
        if (champion.Candidate[gate.Metric] is not { } mine || champion.Metrics[gate.Metric] is not { } theirs)
            return (false, Text($"{gate.Metric} is undefined on the {champion.Rows} rows that both can be judged by"));
        var loss = Evaluation.Loss(gate.Metric, mine, theirs);
        var passed = Within(gate, mine) && (double.IsNaN(loss) ? mine == theirs || loss < 0 : loss <= gate.Margin);
        return (passed, Text($"{mine:0.####} against {theirs:0.####} of version {champion.Version}, on {champion.Rows} rows that neither has seen"));
    }

    private static (bool, string) AskBounds(Gate gate, EvaluationRecord evaluation)
    {
        var parts = gate.Slice is null
            ? [(Name: "", evaluation.Metrics)]
            : evaluation.Slices.Where(s => s.Column == gate.Slice && s.Rows >= gate.MinRows).Select(s => (Name: $"{s.Value ?? "NULL"}: ", s.Metrics)).ToList();
        if (parts.Count == 0)
            return (false, Text($"no value of {gate.Slice} has {gate.MinRows} held-out rows"));
        var notes = new List<string>();
        var passed = true;
        foreach (var (name, metrics) in parts)
        {
            if (metrics[gate.Metric] is not { } value)
            {
                passed = false;
                notes.Add($"{name}{gate.Metric} is undefined");
                continue;
            }

            passed &= Within(gate, value);
            if (gate.Rival != GateRival.Baseline)
            {
                notes.Add(Text($"{name}{value:0.####}"));
                continue;
            }

            var naive = evaluation.Baseline[gate.Metric];
            var gain = naive is null ? double.NaN : -Evaluation.Loss(gate.Metric, value, naive.Value);
            passed &= gain > gate.Margin || (gate.Margin > 0 && gain == gate.Margin);
            notes.Add(naive is null ? Text($"{value:0.####}, but {evaluation.BaselineName} has no {gate.Metric} to compare with") : Text($"{value:0.####} against {naive:0.####} of {evaluation.BaselineName}"));
        }

        return (passed, string.Join(", ", notes));
    }

    private static bool Within(Gate gate, double value) => !(value < gate.Min) && !(value > gate.Max);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
