using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Serving;

/// <summary>Reads a file of <c>endpoints/</c>.</summary>
public static class EndpointDefinitionReader
{
    private static readonly Shape LabelsShape = new(
        "labels section",
        "Where the truth about predictions comes from.",
        new Key("table", KeyKind.Text, "The table (or source) with the true values.") { IsRequired = true, Example = "hourly" },
        new Key("label", KeyKind.Text, "Its column with the true value.") { IsRequired = true, Example = "rides" },
        new Key("key", KeyKind.Text, "Its column that finds the prediction.") { IsRequired = true, Example = "hour" },
        new Key("matches", KeyKind.Word, "What the key equals in the prediction log.")
        {
            Words = [LabelRule.PredictionId, LabelRule.EventTime],
            Default = LabelRule.PredictionId,
        });

    /// <summary>The keys of an endpoint. What is under <c>monitor</c> and <c>retrain</c> is of any kind until
    /// <see cref="Assets.Definitions.Shape.With"/> says more.</summary>
    public static Shape Shape { get; } = new(
        "endpoint",
        "What is served, how it is watched, and when a new version is asked for.",
        new Key("model", KeyKind.Text, "The model whose champion answers.") { IsRequired = true, Example = "demand" },
        new Key("labels", KeyKind.Map, "Where the truth about predictions comes from.") { Shape = LabelsShape },
        new Key("monitor", KeyKind.Any, "What is watched over windows of event time."),
        new Key("retrain", KeyKind.Any, "When a new version of the model is asked for."),
        DefinitionFile.Description,
        DefinitionFile.Owner,
        DefinitionFile.Tags);

    /// <summary>Reads one definition.</summary>
    /// <param name="file">The file relative to the project, with forward slashes.</param>
    /// <param name="text">The whole file, lines ended by <c>\n</c>.</param>
    /// <param name="problems">Takes every mistake of the file.</param>
    /// <returns>The definition, or null when the file has a mistake.</returns>
    public static EndpointDefinition? Read(string file, string text, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var definition = Definition(file, text, found);
        found.ForEach(problems.Add);
        return definition;
    }

    private static EndpointDefinition? Definition(string file, string text, List<Problem> problems)
    {
        var key = DefinitionFile.KeyOf(AssetKind.Endpoint, file, problems);
        if (DefinitionText.Parse(text, file, 1, problems) is not { } node)
            return null;
        var section = new Section(Shape, node, problems);
        var labels = section.Map("labels");
        if (key is null || problems.Count > 0)
            return null;

        return new EndpointDefinition(key.Value, file, text)
        {
            Model = section.Text("model")!,
            Labels = labels is null ? null : new LabelRule(labels.Text("table")!, labels.Text("label")!, labels.Text("key")!, labels.Text("matches")!),
            Monitor = section.Node("monitor"),
            Retrain = section.Node("retrain"),
            Description = section.Text("description"),
            Owner = section.Text("owner"),
            Tags = section.Texts("tags"),
        };
    }
}
