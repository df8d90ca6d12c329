using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary>The result of a run for programs.</summary>
internal static class RunJson
{
    /// <param name="result">How the run ended.</param>
    /// <param name="trained">The model versions that it made.</param>
    public static JsonObject Of(RunResult result, IReadOnlyList<ModelView>? trained = null) => new()
    {
        ["run"] = result.Run?.Id,
        ["state"] = result.State.ToString().ToLowerInvariant(),
        ["environment"] = result.Plan.Environment,
        ["plan"] = result.Plan.Hash.Text,
        ["release"] = result.Release is { } release ? JsonText.Of(release) : null,
        ["assets"] = JsonText.Array(result.Assets, a => new JsonObject
        {
            ["asset"] = a.Asset.ToString(),
            ["outcome"] = a.Outcome.ToString().ToLowerInvariant(),
            ["reason"] = a.Reason,
            ["message"] = a.Message,
            ["note"] = a.Note,
            ["rows"] = JsonText.Of(a.Rows),
            ["checks"] = JsonText.Array(a.Checks, JsonText.Of),
            ["intervals"] = a.Intervals,
            ["seconds"] = Math.Round(a.Elapsed.TotalSeconds, 6),
        }),
        ["trained"] = JsonText.Array(trained ?? [], ModelJson.Brief),
        ["adopted"] = JsonText.Array(result.Adopted, v => new JsonObject
        {
            ["asset"] = v.Asset.ToString(), ["fingerprint"] = v.Build.Fingerprint.Text, ["version"] = v.Number,
        }),
    };
}
