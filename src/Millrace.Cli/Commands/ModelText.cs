using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Registry;

namespace Millrace.Cli.Commands;

/// <summary>What a model version proved, for people.</summary>
internal static class ModelText
{
    private const int MostFeatures = 10;
    private const int LongestBar = 24;

    /// <summary>Metrics on the holdout beside the naive forecast, and beside the version that was in force then.</summary>
    /// <param name="only">These metrics; all when null.</param>
    public static TextTable Metrics(RegisteredModel model, Func<string, bool>? only = null)
    {
        var evaluation = model.Manifest.Evaluation;
        var champion = evaluation.Champion is { Rows: > 0 } found ? found : null;
        var isSameRows = champion?.Rows == model.Manifest.Training.Rows.Holdout;
        var name = ModelWords.NameOf(model);
        var headings = new List<Heading> { "metric", new(name, true), new($"baseline {evaluation.BaselineName}", true) };
        var validation = only is null ? evaluation.Validation : null;
        if (validation is not null)
            headings.Insert(2, new Heading("on validation rows", true));
        if (champion is not null && !isSameRows)
            headings.Add(new Heading($"{name} on {Human.Number(champion.Rows)} new rows", true));
        if (champion is not null)
            headings.Add(new Heading($"{ModelWords.NameOf(model.Key.Name, champion.Version)}{(isSameRows ? "" : " on them")}", true));

        var table = new TextTable([.. headings]);
        foreach (var (metric, value) in evaluation.Metrics.Where(m => only?.Invoke(m.Key) != false))
        {
            var cells = new List<Cell> { metric, Human.Measure(value), Human.Measure(evaluation.Baseline.GetValueOrDefault(metric)) };
            if (validation is not null)
                cells.Insert(2, Human.Measure(validation.GetValueOrDefault(metric)));
            if (champion is not null && !isSameRows)
                cells.Add(Human.Measure(champion.Candidate.GetValueOrDefault(metric)));
            if (champion is not null)
                cells.Add(Human.Measure(champion.Metrics.GetValueOrDefault(metric)));
            table.Add([.. cells]);
        }

        return table;
    }

    /// <summary>One line a gate: passed or refused, what it says, and what it saw.</summary>
    public static void WriteGates(TextWriter to, Paint paint, int? width, VersionRecord record, string indent = "")
    {
        foreach (var gate in record.Checks)
        {
            var word = gate.Passed ? paint.Of(Tone.Good, "passed ") : paint.Of(Tone.Bad, "refused");
            var lines = TextTable.Wrap($"{gate.Id}: {gate.Note}", width is { } w ? Math.Max(w - indent.Length - 9, 30) : int.MaxValue);
            to.WriteLine($"{indent}{word}  {lines[0]}");
            foreach (var line in lines.Skip(1))
                to.WriteLine($"{indent}         {line}");
        }
    }

    /// <summary>The quality on each value of the sliced columns, by the main metric.</summary>
    public static void WriteSlices(TextWriter to, Paint paint, int? width, RegisteredModel model)
    {
        var evaluation = model.Manifest.Evaluation;
        var metric = ModelWords.MainMetric(model);
        var judged = model.Record.Checks.Select(c => c.Id.Split(' ')[0]).Where(m => m != metric && evaluation.Metrics.ContainsKey(m));
        List<string> metrics = [metric, .. judged.Distinct().Take(3)];
        var table = new TextTable(["slice", new Heading("rows", true), .. metrics.Select(m => new Heading(m, true))]);
        foreach (var slice in evaluation.Slices)
        {
            var values = metrics.Select(m => (Cell)Human.Measure(slice.Metrics.GetValueOrDefault(m)));
            table.Add([$"{slice.Column} = {slice.Value ?? "NULL"}", Human.Number(slice.Rows), .. values]);
        }

        table.Write(to, paint, width);
    }

    /// <summary>What the features did for the model, the greatest with bars.</summary>
    public static void WriteFeatures(TextWriter to, Paint paint, int? width, ModelManifest manifest)
    {
        var types = manifest.Features.ToDictionary(f => f.Name, f => f.Type.ToString().ToLowerInvariant());
        var total = manifest.Importance.Sum(i => i.Gain);
        var used = manifest.Importance.Where(i => i.Gain > 0).ToList();
        if (total > 0)
        {
            var table = new TextTable("feature", "type", new Heading("gain", true), "");
            foreach (var feature in used.Take(MostFeatures))
            {
                var bar = new string('█', Math.Max(1, (int)Math.Round(LongestBar * feature.Gain / used[0].Gain)));
                table.Add(feature.Feature, types.GetValueOrDefault(feature.Feature, ""), Human.Percent(feature.Gain / total), new Cell(bar, Tone.Quiet));
            }

            table.Write(to, paint, width);
        }

        var rest = used.Skip(MostFeatures).Select(f => f.Feature).ToList();
        if (rest.Count > 0)
            to.WriteLine($"and {Human.Join(rest)} with {Human.Percent(used.Skip(MostFeatures).Sum(f => f.Gain) / total)} together");
        var unused = manifest.Features.Select(f => f.Name).Except(used.Select(f => f.Feature)).ToList();
        if (unused.Count > 0)
            to.WriteLine($"not used: {Human.Join(unused)}");
    }
}
