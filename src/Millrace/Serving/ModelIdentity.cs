using System.Text.Json.Nodes;

namespace Millrace.Serving;

/// <summary>What the log says of the model behind a prediction.</summary>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model version as clients see it, such as <c>3</c>. One version has one signature for ever.</param>
/// <param name="Signature">Its inputs and outputs.</param>
public sealed record ModelIdentity(string Endpoint, string Model, string Version, ModelSignature Signature)
{
    /// <summary>What <see cref="FromJson"/> reads.</summary>
    public JsonObject ToJson() => new()
    {
        ["endpoint"] = Endpoint, ["model"] = Model, ["version"] = Version, ["signature"] = Signature.ToJson(),
    };

    /// <summary>Reads <see cref="ToJson"/>.</summary>
    public static ModelIdentity FromJson(JsonNode json) => new(
        (string)json["endpoint"]!, (string)json["model"]!, (string)json["version"]!, ModelSignature.FromJson(json["signature"]!));
}
