using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Training;

/// <summary>The signature as it stands in the ONNX file's metadata, so that a file explains itself without the registry.</summary>
internal static class SignatureText
{
    public const string Key = "millrace.signature";

    public static string Write(TrainedModel model)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("task", model.Task == LearningTask.Binary ? "binary" : "regression");
            json.WriteString("trainer", model.Trainer);
            json.WriteStartArray("features");
            for (var i = 0; i < model.Features.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("name", model.Features[i].Name);
                json.WriteString("type", Word(model.Features[i].Type));
                if (model.Features[i].Type == FeatureType.Text)
                {
                    json.WriteStartArray("categories");
                    foreach (var category in model.Categories(i))
                        json.WriteStringValue(category);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("outputs");
            string[] outputs = model.Task == LearningTask.Binary ? [ModelOutput.Probability, ModelOutput.Label] : [ModelOutput.Prediction];
            foreach (var output in outputs)
                json.WriteStringValue(output);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Word(FeatureType type) => type switch
    {
        FeatureType.Number => "float",
        FeatureType.Integer => "int64",
        FeatureType.Flag => "bool",
        _ => "string",
    };
}
