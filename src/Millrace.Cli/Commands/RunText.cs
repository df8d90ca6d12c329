using Millrace.Assets;
using Millrace.Checks;
using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>What the summary of a run needs beside its result.</summary>
internal sealed record RunFacts
{
    public required TimeSpan Elapsed { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The release that stands in the environment now, or null.</summary>
    public required ReleaseRecord? Standing { get; init; }

    /// <summary>Completes a command so that a person can copy it.</summary>
    public required Func<string, string> Suggest { get; init; }

    /// <summary>The same for commands that take the project by its place.</summary>
    public required Func<string, string> SuggestRun { get; init; }
}

/// <summary>The summary of a run for people.</summary>
internal static class RunText
{
    public static void Write(TextWriter to, Paint paint, int? width, RunResult result, RunFacts facts)
    {
        if (result.Run is null)
        {
            WriteNothingDone(to, paint, result, facts);
            return;
        }

        var moved = result.Assets.Where(a => a.Outcome != AssetOutcome.Unchanged).ToList();
        if (moved.Count > 0)
        {
            Table(moved, result).Write(to, paint, width);
            to.WriteLine();
        }

        WriteWarnings(to, paint, moved);
        WriteRelease(to, paint, result, facts);
        WriteHeld(to, paint, width, result);
        WriteSetAside(to, moved, facts);
        WriteNotes(to, result);
        WriteEnd(to, paint, result, facts);
    }

    private static void WriteNothingDone(TextWriter to, Paint paint, RunResult result, RunFacts facts)
    {
        var since = facts.Standing is { } release
            ? $" Release {Human.Number(release.Id)} of '{release.Environment}' stands since {Human.Moment(release.At)}, "
                + $"{Human.Ago(release.At, facts.Now)}."
            : "";
        to.WriteLine($"{paint.Of(Tone.Good, "Everything stands.")} Nothing was computed.{since}");
        WriteNotes(to, result);
    }

    private static TextTable Table(List<AssetResult> assets, RunResult result)
    {
        if (assets.All(a => a.Outcome is AssetOutcome.Pointed or AssetOutcome.Removed or AssetOutcome.Held))
        {
            var moves = new TextTable("asset", "action", "why");
            foreach (var asset in assets)
                moves.Add(asset.Asset.Name, Action(asset, result), asset.Reason);
            return moves;
        }

        var table = new TextTable(
            "asset", "action", new Heading("rows in", true), new Heading("rows out", true), new Heading("quarantined", true),
            new Heading("time", true), "checks");
        foreach (var asset in assets)
        {
            string Rows(long rows) => asset.Outcome is AssetOutcome.Computed or AssetOutcome.Blocked ? Human.Number(rows) : "";
            table.Add(
                asset.Asset.Name,
                Action(asset, result),
                Rows(asset.Rows.In),
                Rows(asset.Rows.Out),
                new Cell(Rows(asset.Rows.Quarantined), asset.Rows.Quarantined > 0 ? Tone.Warning : Tone.Plain),
                asset.Elapsed > TimeSpan.Zero ? Human.Elapsed(asset.Elapsed) : "",
                CheckText.Counts(asset.Checks));
        }

        return table;
    }

    private static Cell Action(AssetResult asset, RunResult result)
    {
        var wanted = result.Plan.Wanted.Assets.GetValueOrDefault(asset.Asset);
        return asset.Outcome switch
        {
            AssetOutcome.Computed when asset.Intervals is { } units && wanted?.Incremental is { } kind =>
                new Cell($"computed {Human.Count(units, kind.Unit.Word())}", Tone.Good),
            AssetOutcome.Computed when wanted?.Files is not null => new Cell("loaded", Tone.Good),
            AssetOutcome.Computed => new Cell("computed", Tone.Good),
            AssetOutcome.Pointed => new Cell(wanted?.IsView == true ? "defined" : "reused", Tone.Good),
            AssetOutcome.Blocked => new Cell("blocked", Tone.Bad),
            AssetOutcome.Failed => new Cell("failed", Tone.Bad),
            AssetOutcome.Held => new Cell("held back", Tone.Warning),
            AssetOutcome.Removed => new Cell("removed", Tone.Warning),
            _ => new Cell("kept"),
        };
    }

    private static void WriteWarnings(TextWriter to, Paint paint, List<AssetResult> assets)
    {
        var warnings = assets.SelectMany(a => CheckText.Failed(a.Checks, "warn").Select(c => (a.Asset.Name, Check: c))).ToList();
        foreach (var (asset, check) in warnings)
            to.WriteLine($"{paint.Of(Tone.Warning, "Warning:")} {asset}: {CheckText.Failure(check)}");
        if (warnings.Count > 0)
            to.WriteLine();
    }

    private static void WriteRelease(TextWriter to, Paint paint, RunResult result, RunFacts facts)
    {
        var environment = result.Plan.Environment;
        if (result.Adopted.Count > 0)
            to.WriteLine($"Taken over from a run that had died: {Human.Join([.. result.Adopted.Select(v => v.Asset.Name).Distinct()])}.");

        if (result.Release is { } release)
        {
            var order = result.Assets.Select((a, i) => (a.Asset, i)).ToDictionary(x => x.Asset, x => x.i);
            var moves = release.Moves.OrderBy(m => order.GetValueOrDefault(m.Asset, int.MaxValue)).ToList();
            var entered = moves.Where(m => m.To is not null).Select(m => m.Asset.Name).ToList();
            var left = moves.Where(m => m.To is null).Select(m => m.Asset.Name).ToList();
            var what = entered.Count > 0 ? $": {Human.Join(entered)}" : "";
            to.WriteLine($"{paint.Of(Tone.Good, "Released")} as release {Human.Number(release.Id)} of '{environment}'{what}.");
            if (left.Count > 0)
            {
                var them = left.Count == 1 ? "it" : "them";
                to.WriteLine($"Gone from '{environment}', as the project names {them} no longer: {Human.Join(left)}.");
            }
        }
        else if (result.State == RunState.Superseded)
        {
            to.WriteLine(paint.Of(
                Tone.Bad, $"Nothing was released: another release of '{environment}' came first and moved what this run had read."));
            to.WriteLine($"What was computed is kept, and the next run builds on it: {facts.SuggestRun("run")}");
        }
        else
        {
            to.WriteLine($"Nothing was released in '{environment}'.");
        }
    }

    private static void WriteHeld(TextWriter to, Paint paint, int? width, RunResult result)
    {
        var held = result.Assets.Where(a => a.Outcome is AssetOutcome.Blocked or AssetOutcome.Failed or AssetOutcome.Held).ToList();
        if (held.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine($"{Human.Count(held.Count, "asset keeps its pointer", "assets keep their pointers")}, as if this run had not been:");
        foreach (var asset in held)
        {
            var lines = (asset.Message ?? asset.Reason).TrimEnd().ReplaceLineEndings("\n").Split('\n');
            var (first, indent) = ($"  {asset.Asset.Name}: ", "    ");
            var wrapped = lines.SelectMany((l, i) => TextTable.Wrap(i == 0 ? first + l : indent + l, width ?? int.MaxValue)).ToList();
            to.WriteLine(paint.Of(asset.Outcome == AssetOutcome.Held ? Tone.Plain : Tone.Bad, wrapped[0]));
            foreach (var line in wrapped.Skip(1))
                to.WriteLine(line.StartsWith(indent, StringComparison.Ordinal) ? line : indent + line);
        }
    }

    private static void WriteSetAside(TextWriter to, List<AssetResult> assets, RunFacts facts)
    {
        foreach (var asset in assets.Where(a => a.Rows.Quarantined > 0 && a.Outcome == AssetOutcome.Computed))
        {
            var reasons = CheckText.Failed(asset.Checks, "quarantine").Select(c => $"{c.Id} {Human.Number(c.Failed)}").ToList();
            var why = reasons.Count == 0 ? "" : $" ({string.Join(", ", reasons)})";
            var were = asset.Rows.Quarantined == 1 ? "was" : "were";
            var rows = $"{Human.Count(asset.Rows.Quarantined, "row")} of {asset.Asset.Name} {were}";
            to.WriteLine();
            to.WriteLine($"{rows} set aside{why}. Each with its reason:");
            to.WriteLine($"  {facts.Suggest($"query \"SELECT * FROM {Quarantine.NameOf(asset.Asset)}\"")}");
        }
    }

    private static void WriteNotes(TextWriter to, RunResult result)
    {
        foreach (var asset in result.Assets.Where(a => a.Note is not null))
            to.WriteLine($"Note on {asset.Asset.Name}: {asset.Note}");
    }

    private static void WriteEnd(TextWriter to, Paint paint, RunResult result, RunFacts facts)
    {
        var kept = result.Assets.Count(a => a.Outcome == AssetOutcome.Unchanged);
        var others = kept == 0 ? "" : $"; {Human.Count(kept, "other asset stands as it was", "other assets stand as they were")}";
        to.WriteLine();
        to.WriteLine(paint.Of(Tone.Quiet, $"Took {Human.Elapsed(facts.Elapsed)} ({result.Run!.Id}){others}."));

        if (result.State == RunState.Failed)
            to.WriteLine($"Mend what the messages name and run again; what was computed is not computed twice: {facts.SuggestRun("run")}");
        else if (result.Release is { Moves: var moves } && moves.All(m => m.From is null))
            WriteNext(to, result, facts);
    }

    private static void WriteNext(TextWriter to, RunResult result, RunFacts facts)
    {
        var last = result.Assets[^1].Asset.Name;
        to.WriteLine();
        to.WriteLine("What to do next:");
        foreach (var command in new[] { $"query \"SELECT * FROM {last} LIMIT 10\"", $"table show {last}", $"lineage {last}" })
            to.WriteLine($"  {facts.Suggest(command)}");
    }
}
