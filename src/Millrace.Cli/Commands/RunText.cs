using Millrace.Assets;
using Millrace.Checks;
using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>What the summary of a run needs beside its result.</summary>
internal sealed record RunFacts
{
    public required TimeSpan Elapsed { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The release that stands in the environment now, or null.</summary>
    public required ReleaseRecord? Standing { get; init; }

    /// <summary>The model versions that the run made.</summary>
    public IReadOnlyList<ModelView> Trained { get; init; } = [];

    /// <summary>The versions of models that stand in the environment now.</summary>
    public IReadOnlyDictionary<AssetKey, long> Champions { get; init; } = new Dictionary<AssetKey, long>();

    /// <summary>The models of which a new version was asked for.</summary>
    public IReadOnlyCollection<AssetKey> Asked { get; init; } = [];

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
            WriteNothingDone(to, paint, width, result, facts);
            return;
        }

        var moved = result.Assets.Where(a => a.Outcome != AssetOutcome.Unchanged).ToList();
        if (moved.Count == 0 && result.Release is null && result.State == RunState.Done)
        {
            WriteNothingDone(to, paint, width, result, facts);
            return;
        }

        if (moved.Count > 0)
        {
            Table(moved, result, facts).Write(to, paint, width);
            to.WriteLine();
        }

        WriteWarnings(to, paint, moved);
        WriteRelease(to, paint, result, facts);
        WriteHeld(to, paint, width, result, facts);
        ChampionText.Write(to, paint, width, facts.Trained, facts);
        WriteSkipped(to, moved);
        WriteSetAside(to, moved, facts);
        WriteNotes(to, result, facts);
        WriteEnd(to, paint, result, facts);
    }

    private static void WriteNothingDone(TextWriter to, Paint paint, int? width, RunResult result, RunFacts facts)
    {
        var since = facts.Standing is { } release
            ? $" Release {Human.Number(release.Id)} of '{release.Environment}' stands since {Human.Moment(release.At)}, "
                + $"{Human.Ago(release.At, facts.Now)}."
            : "";
        to.WriteLine($"{paint.Of(Tone.Good, "Everything stands.")} Nothing was computed.{since}");
        WriteAsked(to, result);
        WriteNotes(to, result, facts);
        WriteHeld(to, paint, width, result with { Assets = [.. result.Assets.Where(a => a.Note is null)] }, facts);
    }

    /// <summary>Places that were asked and had nothing new.</summary>
    private static void WriteAsked(TextWriter to, RunResult result)
    {
        foreach (var asset in result.Assets.Where(a => a.Outcome == AssetOutcome.Unchanged && a.Message is not null && result.Plan.Wanted.Assets.GetValueOrDefault(a.Asset)?.Asks is not null))
            to.WriteLine($"{asset.Asset.Title}: {asset.Message}.");
    }

    private static TextTable Table(List<AssetResult> assets, RunResult result, RunFacts facts)
    {
        if (assets.All(a => a.Outcome is AssetOutcome.Pointed or AssetOutcome.Removed or AssetOutcome.Held))
        {
            var moves = new TextTable("asset", "action", "why");
            foreach (var asset in assets)
                moves.Add(asset.Asset.Title, Action(asset, result, facts), asset.Reason);
            return moves;
        }

        var table = new TextTable(
            "asset", "action", new Heading("rows in", true), new Heading("rows out", true), new Heading("quarantined", true),
            new Heading("time", true), "checks");
        foreach (var asset in assets)
        {
            var isModel = asset.Asset.Kind == AssetKind.Model;
            string Rows(long rows) => asset.Outcome is AssetOutcome.Computed or AssetOutcome.Blocked or AssetOutcome.Refused ? Human.Number(rows) : "";
            table.Add(
                asset.Asset.Title,
                Action(asset, result, facts),
                Rows(asset.Rows.In),
                Rows(asset.Rows.Out),
                new Cell(isModel ? "" : Rows(asset.Rows.Quarantined), asset.Rows.Quarantined > 0 ? Tone.Warning : Tone.Plain),
                asset.Elapsed > TimeSpan.Zero ? Human.Elapsed(asset.Elapsed) : "",
                CheckText.Counts(asset.Checks, isModel));
        }

        return table;
    }

    private static Cell Action(AssetResult asset, RunResult result, RunFacts facts)
    {
        var wanted = result.Plan.Wanted.Assets.GetValueOrDefault(asset.Asset);
        var version = facts.Trained.FirstOrDefault(t => t.Model.Key == asset.Asset) is { } trained ? " " + ModelWords.NameOf(trained.Model) : "";
        return asset.Outcome switch
        {
            AssetOutcome.Computed when asset.Intervals is { } units && wanted?.Incremental is { } kind =>
                new Cell($"computed {Human.Count(units, kind.Unit.Word())}", Tone.Good),
            AssetOutcome.Computed when wanted?.Files is not null => new Cell("loaded", Tone.Good),
            AssetOutcome.Computed when asset.Asset.Kind == AssetKind.Model => new Cell("trained" + version, Tone.Good),
            AssetOutcome.Refused => new Cell("refused" + version, Tone.Bad),
            AssetOutcome.Computed => new Cell("computed", Tone.Good),
            AssetOutcome.Pointed when ChampionText.Served(asset.Asset, wanted?.Parents ?? [], facts) is { } served => new Cell(served, Tone.Good),
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
        var warnings = assets.SelectMany(a => CheckText.Failed(a.Checks, "warn").Select(c => (a.Asset.Title, Check: c))).ToList();
        foreach (var (asset, check) in warnings)
            to.WriteLine($"{paint.Of(Tone.Warning, "Warning:")} {asset}: {CheckText.Failure(check)}");
        if (warnings.Count > 0)
            to.WriteLine();
    }

    private static void WriteRelease(TextWriter to, Paint paint, RunResult result, RunFacts facts)
    {
        var environment = result.Plan.Environment;
        if (result.Adopted.Count > 0)
            to.WriteLine($"Taken over from a run that had died: {Human.Join([.. result.Adopted.Select(v => v.Asset.Title).Distinct()])}.");

        if (result.Release is { } release)
        {
            var order = result.Assets.Select((a, i) => (a.Asset, i)).ToDictionary(x => x.Asset, x => x.i);
            var moves = release.Moves.OrderBy(m => order.GetValueOrDefault(m.Asset, int.MaxValue)).ToList();
            var entered = moves.Where(m => m.To is not null).Select(m => ModelWords.TitleOf(m.To!)).ToList();
            var left = moves.Where(m => m.To is null).Select(m => m.Asset.Title).ToList();
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

    private static void WriteHeld(TextWriter to, Paint paint, int? width, RunResult result, RunFacts facts)
    {
        // What a gate refused has a paragraph of its own further down.
        var held = result.Assets.Where(a => a.Outcome is AssetOutcome.Blocked or AssetOutcome.Failed or AssetOutcome.Held
            || (a.Outcome == AssetOutcome.Refused && facts.Trained.All(t => t.Model.Key != a.Asset))).ToList();
        if (held.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine($"{Human.Count(held.Count, "asset keeps its pointer", "assets keep their pointers")}, as if this run had not been:");
        foreach (var asset in held)
        {
            var lines = (asset.Message ?? asset.Reason).TrimEnd().ReplaceLineEndings("\n").Split('\n');
            var (first, indent) = ($"  {asset.Asset.Title}: ", "    ");
            var wrapped = lines.SelectMany((l, i) => TextTable.Wrap(i == 0 ? first + l : indent + l, width ?? int.MaxValue)).ToList();
            to.WriteLine(paint.Of(asset.Outcome == AssetOutcome.Held ? Tone.Plain : Tone.Bad, wrapped[0]));
            foreach (var line in wrapped.Skip(1))
                to.WriteLine(line.StartsWith(indent, StringComparison.Ordinal) ? line : indent + line);
        }
    }

    /// <summary>What came of a place and is neither a new row nor set aside, so that the columns of the table add up.</summary>
    private static void WriteSkipped(TextWriter to, List<AssetResult> assets)
    {
        foreach (var asset in assets.Where(a => a.Rows.Skipped + a.Rows.Deletes > 0 && a.Outcome == AssetOutcome.Computed))
        {
            var skipped = asset.Rows.Skipped == 0 ? "" : $"{Human.Count(asset.Rows.Skipped, "row")} that came stood already, were outdated or outside of the cursor's range";
            var deletes = asset.Rows.Deletes == 0 ? "" : $"{Human.Count(asset.Rows.Deletes, "row")} said that another is gone";
            to.WriteLine();
            to.WriteLine($"{asset.Asset.Title}: {string.Join("; ", new[] { skipped, deletes }.Where(t => t.Length > 0))}.");
        }
    }

    private static void WriteSetAside(TextWriter to, List<AssetResult> assets, RunFacts facts)
    {
        foreach (var asset in assets.Where(a => a.Rows.Quarantined > 0 && a.Outcome == AssetOutcome.Computed))
        {
            var reasons = CheckText.Failed(asset.Checks, "quarantine").Select(c => $"{c.Id} {Human.Number(c.Failed)}").ToList();
            var why = reasons.Count == 0 ? "" : $" ({string.Join(", ", reasons)})";
            var were = asset.Rows.Quarantined == 1 ? "was" : "were";
            var rows = $"{Human.Count(asset.Rows.Quarantined, "row")} of {asset.Asset.Title} {were}";
            to.WriteLine();
            to.WriteLine($"{rows} set aside{why}. Each with its reason:");
            to.WriteLine($"  {facts.Suggest($"query \"SELECT * FROM {Quarantine.NameOf(asset.Asset)}\"")}");
        }
    }

    private static void WriteNotes(TextWriter to, RunResult result, RunFacts facts)
    {
        foreach (var asset in result.Assets.Where(a => a.Outcome == AssetOutcome.Unchanged && a.Note is null && facts.Asked.Contains(a.Asset)))
            to.WriteLine($"No new version of {asset.Asset.Title}: {asset.Reason}.");
        foreach (var asset in result.Assets.Where(a => a.Note is not null))
            to.WriteLine($"Note on {asset.Asset.Title}: {asset.Note}");
    }

    private static void WriteEnd(TextWriter to, Paint paint, RunResult result, RunFacts facts)
    {
        var kept = result.Assets.Count(a => a.Outcome == AssetOutcome.Unchanged);
        var others = kept == 0 ? "" : $"; {Human.Count(kept, "other asset stands as it was", "other assets stand as they were")}";
        to.WriteLine();
        to.WriteLine(paint.Of(Tone.Quiet, $"Took {Human.Elapsed(facts.Elapsed)} ({result.Run!.Id}){others}."));

        if (result.State == RunState.Failed && facts.Trained.FirstOrDefault(t => t.Model.Record.IsRefused)?.Model is { } refused
            && result.Assets.All(a => a.Outcome is not (AssetOutcome.Blocked or AssetOutcome.Failed)))
        {
            to.WriteLine($"What was refused is kept. Look at it: {facts.Suggest($"model show {ModelWords.NameOf(refused)}")}");
            to.WriteLine("Runs do not train it again from the same rows: change the model or its gates, or wait for newer rows.");
        }
        else if (result.State == RunState.Failed)
            to.WriteLine($"Mend what the messages name and run again; what was computed is not computed twice: {facts.SuggestRun("run")}");
        else if (result.Release is { Moves: var moves } && moves.All(m => m.From is null))
            WriteNext(to, result, facts);
    }

    /// <summary>Models first: they are what the tables are for. SQL reads tables only.</summary>
    private static void WriteNext(TextWriter to, RunResult result, RunFacts facts)
    {
        var entered = result.Assets.Where(a => a.Outcome is not (AssetOutcome.Removed or AssetOutcome.Held)).Select(a => a.Asset).ToList();
        var commands = new List<string>();
        if (entered.Any(a => a.Kind == AssetKind.Endpoint))
            commands.Add(facts.SuggestRun("serve"));
        if (entered.Where(a => a.Kind == AssetKind.Model).Select(a => a.Name).LastOrDefault() is { } model)
            commands.Add(facts.Suggest($"model show {model}"));
        if (entered.Where(a => a.Kind.IsRelation()).Select(a => a.Name).LastOrDefault() is { } last)
        {
            commands.Add(facts.Suggest($"query \"SELECT * FROM {last} LIMIT 10\""));
            commands.Add(facts.Suggest($"table show {last}"));
            commands.Add(facts.Suggest($"lineage {last}"));
        }

        to.WriteLine();
        to.WriteLine("What to do next:");
        foreach (var command in commands)
            to.WriteLine($"  {command}");
    }
}
