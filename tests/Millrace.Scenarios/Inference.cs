using System.Net.Http.Json;

namespace Millrace.Scenarios;

/// <summary>A client of the Open Inference Protocol for rows of any model, as JSON objects with a field for each input.</summary>
internal sealed class Inference(Uri address, string model) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>The inputs of the version that answers.</summary>
    public async Task<IReadOnlyList<string>> Inputs() => [.. (await Metadata()).Select(i => (string)i["name"]!)];

    /// <summary>The probabilities of rows, which have to be answered.</summary>
    /// <param name="rows">The rows; a field that is null is a missing value.</param>
    /// <param name="id">The column with the id of each prediction; null lets the server choose.</param>
    /// <param name="time">The column with each row's event time; null for the clock.</param>
    public async Task<IReadOnlyList<double>> Probabilities(IReadOnlyList<JsonNode> rows, string? id = null, string? time = null)
    {
        var (status, answer) = await Ask(rows, id, time);
        Assert.True(status == 200, $"{status}: {answer.ToJsonString()}");
        return [.. answer["outputs"]!.AsArray().Single(o => (string)o!["name"]! == "probability")!["data"]!.AsArray().Select(p => (double)p!)];
    }

    /// <summary>Asks, and hands back whatever came.</summary>
    /// <param name="without">An input that is left out.</param>
    public async Task<(int Status, JsonNode Answer)> Ask(IReadOnlyList<JsonNode> rows, string? id = null, string? time = null, string? without = null)
    {
        var inputs = new JsonArray([.. (await Metadata()).Where(i => (string)i["name"]! != without).Select(i => Tensor(
            (string)i["name"]!, (string)i["datatype"]!, [rows.Count, 1], rows.Select(r => r[(string)i["name"]!]?.DeepClone())))]);
        if (id is not null)
            inputs.Add(Tensor("prediction_id", "BYTES", [rows.Count], rows.Select(r => (JsonNode)r[id]!.ToString())));
        if (time is not null)
            inputs.Add(Tensor("event_time", "BYTES", [rows.Count], rows.Select(r => (JsonNode)(r[time]!.ToString() + "Z"))));
        using var answer = await _http.PostAsJsonAsync($"v2/models/{model}/infer", new JsonObject { ["inputs"] = inputs });
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<JsonNode>> Metadata() => (await _http.GetFromJsonAsync<JsonNode>($"v2/models/{model}"))!["inputs"]!.AsArray()!;

    private static JsonObject Tensor(string name, string type, int[] shape, IEnumerable<JsonNode?> data) => new()
    {
        ["name"] = name, ["datatype"] = type, ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]), ["data"] = new JsonArray([.. data]),
    };
}
