using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary>Model versions for programs.</summary>
internal static class ModelJson
{
    /// <summary>What a list says of a version.</summary>
    public static JsonObject Brief(ModelView view)
    {
        var (record, manifest) = (view.Model.Record, view.Model.Manifest);
        return new JsonObject
        {
            ["model"] = view.Model.Key.Name,
            ["version"] = view.Model.Version,
            ["champion"] = view.IsChampion,
            ["refused"] = record.IsRefused,
            ["labels"] = JsonText.Array(view.Labels, l => JsonValue.Create(l)),
            ["made"] = JsonText.Moment(record.Committed),
            ["run"] = record.Task.Split('/')[0],
            ["trained"] = manifest.Training.Rows.Train,
            ["mainMetric"] = ModelWords.MainMetric(view.Model),
            ["metrics"] = Numbers(manifest.Evaluation.Metrics),
            ["validation"] = manifest.Evaluation.Validation is { } validation ? Numbers(validation) : null,
            ["baseline"] = Numbers(manifest.Evaluation.Baseline),
            ["baselineName"] = manifest.Evaluation.BaselineName,
            ["gates"] = JsonText.Array(record.Checks, JsonText.Of),
        };
    }

    /// <summary>Everything that is known of a version but the sketches of its features.</summary>
    public static JsonObject Whole(ModelView view)
    {
        var manifest = JsonNode.Parse(view.Model.Manifest.ToBytes())!.AsObject();
        manifest.Remove("sketches");
        var json = Brief(view);
        json["manifest"] = manifest;
        return json;
    }

    private static JsonObject Numbers(IReadOnlyDictionary<string, double?> values) =>
        new(values.Select(v => KeyValuePair.Create(v.Key, v.Value is { } number && double.IsFinite(number) ? (JsonNode?)JsonValue.Create(number) : null)));
}
