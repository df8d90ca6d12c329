using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Plans;

/// <summary>The difference between the project and an environment: what changes, why, and what is computed. A value; applying it is the run's work.</summary>
public sealed record Plan(string Environment, DateTimeOffset? AsOf, IReadOnlyList<Decision> Decisions, WantedGraph Wanted)
{
    /// <summary>True when nothing is computed and no pointer moves.</summary>
    public bool IsEmpty => Decisions.All(d => d.Action is PlanAction.Keep || d.After.IsRejected);

    /// <summary>True when some asset's build differs from the released one.</summary>
    public bool ChangesDefinitions => Decisions.Any(d => d.ChangesDefinition && d.Action is not (PlanAction.Keep or PlanAction.Hold));

    /// <summary>The hash by which a person approves exactly this plan.</summary>
    public Fingerprint Hash => Fingerprint.Of(ToJson(withHash: false).ToJsonString());

    /// <summary>The plan for programs.</summary>
    public JsonObject ToJson() => ToJson(withHash: true);

    private JsonObject ToJson(bool withHash)
    {
        var json = new JsonObject
        {
            ["environment"] = Environment,
            ["asOf"] = AsOf?.ToString("O"),
            ["assets"] = new JsonArray([.. Decisions.Select(d => (JsonNode)new JsonObject
            {
                ["asset"] = d.Asset.ToString(),
                ["action"] = d.Action.ToString().ToLowerInvariant(),
                ["reason"] = d.Reason,
                ["note"] = d.Note,
                ["fingerprint"] = Wanted.Assets.GetValueOrDefault(d.Asset)?.Build.Fingerprint.Text,
                ["changesDefinition"] = d.ChangesDefinition,
                ["intervals"] = d.Action == PlanAction.Compute ? d.Intervals?.ToString() : null,
                ["deferred"] = d.Deferred.IsEmpty ? null : d.Deferred.ToString(),
            })]),
        };
        if (withHash)
            json["hash"] = Fingerprint.Of(json.ToJsonString()).Text;
        return json;
    }
}
