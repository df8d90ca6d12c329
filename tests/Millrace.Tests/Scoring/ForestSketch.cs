using System.Globalization;
using Millrace.Native;
using Millrace.Scoring;
using Millrace.Tests.Native;

namespace Millrace.Tests.Scoring;

/// <summary>A forest by chance and a seed over one input <c>x</c> of [N, 5], as other programs than ours write them.</summary>
internal sealed class ForestSketch
{
    private readonly Dictionary<string, object> _attributes;

    /// <param name="leaves">Of each tree; splits are drawn among its leaves, so that trees lean.</param>
    public ForestSketch(int trees, int leaves, int seed, int features = 5)
    {
        var chance = new Random(seed);
        var (tree, id, feature, modes) = (new List<long>(), new List<long>(), new List<long>(), new List<string>());
        var (values, yes, no, missing) = (new List<float>(), new List<long>(), new List<long>(), new List<long>());
        for (var t = 0; t < trees; t++)
        {
            var (start, open) = (id.Count, new List<int>());
            void Add()
            {
                open.Add(id.Count);
                tree.Add(t);
                id.Add(id.Count - start);
                feature.Add(0);
                modes.Add("LEAF");
                values.Add(0);
                yes.Add(0);
                no.Add(0);
                missing.Add(0);
            }

            Add();
            for (var split = 1; split < leaves; split++)
            {
                var at = open[chance.Next(open.Count)];
                open.Remove(at);
                (modes[at], feature[at], values[at]) = ("BRANCH_LEQ", chance.Next(features), chance.Next(-40, 40) / 10f);
                (yes[at], no[at], missing[at]) = (id.Count - start, id.Count - start + 1, chance.Next(2));
                Add();
                Add();
            }
        }

        var all = Enumerable.Range(0, id.Count).Where(i => modes[i] == "LEAF").ToArray();
        Modes = modes;
        _attributes = new Dictionary<string, object>
        {
            ["n_targets"] = 1L, ["base_values"] = new[] { 0.7f },
            ["nodes_treeids"] = tree.ToArray(), ["nodes_nodeids"] = id.ToArray(), ["nodes_featureids"] = feature.ToArray(),
            ["nodes_modes"] = modes.ToArray(), ["nodes_values"] = values.ToArray(), ["nodes_truenodeids"] = yes.ToArray(),
            ["nodes_falsenodeids"] = no.ToArray(), ["nodes_missing_value_tracks_true"] = missing.ToArray(),
            ["target_treeids"] = all.Select(i => tree[i]).ToArray(), ["target_nodeids"] = all.Select(i => id[i]).ToArray(),
            ["target_ids"] = new long[all.Length], ["target_weights"] = all.Select(_ => (float)(chance.NextDouble() - 0.4)).ToArray(),
        };
    }

    private ForestSketch(IReadOnlyList<string> modes, Dictionary<string, object> attributes) => (Modes, _attributes) = (modes, attributes);

    public static ModelSignature Signature { get; } = new(
        [new ModelPort("x", ColumnType.Float, [5])], [new ModelPort("y", ColumnType.Float, [1])], null);

    public IReadOnlyList<string> Modes { get; }

    /// <summary>Rows of five tenths, some missing, some on the thresholds.</summary>
    public static float[] Values(int rows, int seed)
    {
        var chance = new Random(seed);
        return [.. Enumerable.Range(0, rows * 5).Select(_ => chance.Next(12) == 0 ? float.NaN : chance.Next(-50, 50) / 10f)];
    }

    public ForestSketch With(string name, object value) => new(Modes, new Dictionary<string, object>(_attributes) { [name] = value });

    public IEnumerable<(string Name, object Value)> Attributes() => _attributes.Select(a => (a.Key, a.Value));

    /// <param name="more">Parts of the graph that come besides.</param>
    /// <param name="output">The operator between the trees and the output; null for none.</param>
    public byte[] Bytes(Action<OnnxSketch>? more = null, string? output = null)
    {
        var width = ((long[])_attributes["nodes_featureids"]).Max() == 0 && Modes.Count == 3 ? 1 : 5;
        var sketch = new OnnxSketch().Input("x", OrtElementType.Float, "N", width).Output("y", OrtElementType.Float, "N", 1);
        more?.Invoke(sketch);
        if (output is not null)
            sketch.Node(output, ["sum"], ["y"]);
        return sketch.Node("TreeEnsembleRegressor", ["x"], [output is null ? "y" : "sum"], "ai.onnx.ml", [.. Attributes()])
            .Property("seed", string.Create(CultureInfo.InvariantCulture, $"{Modes.Count}")).Bytes();
    }
}
