using Millrace.Assets;
using Millrace.Automation;
using Millrace.Checks;
using Millrace.Governance;
using Millrace.Monitoring;
using Millrace.Plans;
using Millrace.Serving;
using Millrace.Sql;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>A project whose definitions were read, bound and analysed together.</summary>
/// <param name="Files">What lies in the folder.</param>
/// <param name="Graph">Which asset reads which.</param>
/// <param name="Assets">Every asset.</param>
public sealed record CompiledProject(ProjectFiles Files, Graph Graph, IReadOnlyDictionary<AssetKey, CompiledAsset> Assets)
{
    /// <summary>The relation of this name, or null.</summary>
    public CompiledAsset? Find(string name) => Assets.Values.FirstOrDefault(a => a.Wanted.Key.Kind.IsRelation() && a.Wanted.Key.Name == name);
}

/// <summary>One asset of a compiled project.</summary>
/// <param name="Wanted">What plans know of it; a source's files are looked for when a plan is made.</param>
/// <param name="Definition">Its file.</param>
/// <param name="Checks">Its checks.</param>
/// <param name="Lineage">What its columns derive from; null for a source.</param>
public sealed record CompiledAsset(WantedAsset Wanted, AssetDefinition Definition, IReadOnlyList<Check> Checks, QueryAnalysis? Lineage)
{
    /// <summary>The table definition; null for another kind.</summary>
    public TableDefinition? Table => Definition as TableDefinition;

    /// <summary>The model with what its columns are; null for another kind.</summary>
    public ModelPlan? Model { get; init; }

    /// <summary>The endpoint; null for another kind.</summary>
    public EndpointDefinition? Endpoint => Definition as EndpointDefinition;

    /// <summary>What is watched of an endpoint; null for nothing.</summary>
    public MonitorRule? Monitor { get; init; }

    /// <summary>When a new version of an endpoint's model is asked for; null for never.</summary>
    public RetrainRule? Retrain { get; init; }
}
