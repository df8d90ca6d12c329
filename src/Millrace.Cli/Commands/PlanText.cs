using System.Globalization;
using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Plans;

namespace Millrace.Cli.Commands;

/// <summary>A plan for people.</summary>
internal static class PlanText
{
    public static void Write(TextWriter to, Paint paint, int? width, Plan plan, Func<string, string> suggest)
    {
        if (plan.IsEmpty)
        {
            to.WriteLine($"{paint.Of(Tone.Good, "Everything stands.")} A run in '{plan.Environment}' would compute nothing.");
            WriteNotes(to, plan);
            return;
        }

        var changes = plan.Decisions.Where(d => d.Action != PlanAction.Keep).ToList();
        var hasTime = changes.Any(d => EventTime(plan, d).Length > 0);
        var table = hasTime ? new TextTable("asset", "action", "event time", "why") : new TextTable("asset", "action", "why");
        foreach (var decision in changes)
        {
            var (asset, action, why) = (new Cell(decision.Asset.Title), Action(plan, decision), new Cell(decision.Reason));
            if (hasTime)
                table.Add(asset, action, EventTime(plan, decision), why);
            else
                table.Add(asset, action, why);
        }

        table.Write(to, paint, width);
        to.WriteLine();
        to.WriteLine($"In '{plan.Environment}': {Counts(plan)}.");
        WriteNotes(to, plan);
        to.WriteLine($"To do it: {suggest("run")}");
        to.WriteLine($"To do exactly this or nothing: {suggest($"run --plan {plan.Hash.Short}")}");
    }

    /// <summary>The event time that is computed, such as <c>31 days: 2012-01-01 to 2012-01-31</c>, and what waits.</summary>
    private static string EventTime(Plan plan, Decision decision)
    {
        if (plan.Wanted.Assets.GetValueOrDefault(decision.Asset)?.Incremental is not { } kind || decision.Action != PlanAction.Compute)
            return "";
        if (decision.Intervals is not { } intervals)
            return "what its parents bring";
        var waits = decision.Deferred.CountUnits(kind.Unit) is > 0 and var units ? $"; {Human.Count(units, kind.Unit.Word())} wait" : "";
        if (intervals.IsEmpty || intervals.CountUnits(kind.Unit) is not { } count)
            return (intervals.IsEmpty ? "none" : "all") + waits;
        var (first, last) = (intervals[0].Start, kind.Unit.Floor(intervals[^1].End.AddTicks(-1)));
        var span = count == 1 ? Unit(first, kind.Unit) : $"{Unit(first, kind.Unit)} to {Unit(last, kind.Unit)}";
        return $"{Human.Count(count, kind.Unit.Word())}: {span}{waits}";
    }

    private static string Unit(DateTimeOffset start, IntervalUnit unit) => start.UtcDateTime.ToString(
        unit switch
        {
            IntervalUnit.Hour => "yyyy-MM-dd HH:00",
            IntervalUnit.Month => "yyyy-MM",
            IntervalUnit.Year => "yyyy",
            _ => "yyyy-MM-dd",
        },
        CultureInfo.InvariantCulture);

    private static Cell Action(Plan plan, Decision decision)
    {
        var wanted = plan.Wanted.Assets.GetValueOrDefault(decision.Asset);
        return decision.Action switch
        {
            PlanAction.Compute => new Cell(wanted?.Files is not null ? "load" : wanted?.Trained is not null ? "train" : "compute", Tone.Good),
            PlanAction.Ask => new Cell("ask", Tone.Quiet),
            PlanAction.Point => new Cell(wanted?.IsView == true ? "define" : "reuse", Tone.Good),
            PlanAction.Remove => new Cell("remove", Tone.Warning),
            PlanAction.Hold => new Cell("hold back", Tone.Bad),
            _ => new Cell("keep"),
        };
    }

    private static string Counts(Plan plan)
    {
        var words = new[]
        {
            (PlanAction.Compute, "to compute"), (PlanAction.Ask, "to ask"), (PlanAction.Point, "to point at what exists"), (PlanAction.Remove, "to remove"),
            (PlanAction.Hold, "held back"), (PlanAction.Keep, "as it stands"),
        };
        return string.Join(", ", words.Select(w => (Count: plan.Decisions.Count(d => d.Action == w.Item1), w.Item2))
            .Where(w => w.Count > 0).Select(w => $"{Human.Number(w.Count)} {w.Item2}"));
    }

    private static void WriteNotes(TextWriter to, Plan plan)
    {
        foreach (var decision in plan.Decisions.Where(d => d.Note is not null))
            to.WriteLine($"Note on {decision.Asset.Title}: {decision.Note}");
    }
}
