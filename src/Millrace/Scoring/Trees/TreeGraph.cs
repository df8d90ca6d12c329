namespace Millrace.Scoring.Trees;

/// <summary>Recognises the graphs that <see cref="TreeWalker"/> can stand for.</summary>
/// <remarks>
/// Inputs of [N, k], each as it is, through a Cast to float or through a LabelEncoder from texts to floats; Concat along the columns,
/// or nothing where there is one input; one TreeEnsembleRegressor; Sigmoid, Exp, Identity or nothing; and outputs that are this answer,
/// or its label: GreaterOrEqual to one number, Cast to int64. The order of the nodes does not matter. Whatever else stands in the file,
/// even where it is not used, leaves the model to the engine alone.
/// </remarks>
internal ref struct TreeGraph
{
    private const string Ensemble = "ai.onnx.ml:TreeEnsembleRegressor";
    private const string Encoder = "ai.onnx.ml:LabelEncoder";
    private const long FloatElement = 1;
    private const long Int64Element = 7;

    /// <summary>A file may say any width without holding a value of it; prepared rows take memory by it.</summary>
    private const int MostFeatures = 4096;

    private readonly ReadOnlySpan<byte> _file;
    private readonly ModelSignature _signature;
    private readonly GraphFile _graph;
    private readonly Dictionary<string, GraphNode> _makers = new(StringComparer.Ordinal);
    private readonly HashSet<GraphNode> _used = [];
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);

    private TreeGraph(ReadOnlySpan<byte> file, ModelSignature signature, GraphFile graph)
    {
        _file = file;
        (_signature, _graph) = (signature, graph);
        foreach (var node in graph.Nodes)
        {
            if (node.Outputs.Count != 1 || signature.InputIndex(node.Outputs[0]) >= 0 || !_makers.TryAdd(node.Outputs[0], node))
                throw new FormatException($"The operator {node.Operator} has outputs that are not known here.");
        }
    }

    /// <summary>Makes the walker of a model; null, with the reason, where the engine alone can score it.</summary>
    /// <param name="file">The bytes of the model.</param>
    /// <param name="signature">As the engine read it from them.</param>
    public static TreeWalker? Walker(ReadOnlySpan<byte> file, ModelSignature signature, out string reason)
    {
        reason = "";
        try
        {
            var graph = GraphFile.Read(file);
            if (graph.Nodes.Any(n => n.Operator == Ensemble))
                return new TreeGraph(file, signature, graph).Read();
            reason = "The graph has no trees.";
        }
        catch (FormatException e)
        {
            reason = e.Message;
        }

        return null;
    }

    private readonly TreeWalker Read()
    {
        var (outputs, answer) = (new float?[_signature.Outputs.Count], (string?)null);
        for (var i = 0; i < outputs.Length; i++)
        {
            var port = _signature.Outputs[i];
            Require(port.RowShape is [1] && port.Type is (ColumnType.Float or ColumnType.Long), "an output that is no column of numbers");
            var name = port.Name;
            if (port.Type == ColumnType.Long)
                (name, outputs[i]) = Label(name);
            Require(answer is null || answer == name, "outputs of different numbers");
            answer = name;
        }

        var (trees, link) = (answer ?? "", TreeLink.Identity);
        if (Maker(trees) is { Operator: "Sigmoid" or "Exp" or "Identity" } last)
        {
            last.AllowAttributes();
            (trees, link) = (Use(last, 1).Inputs[0], Enum.Parse<TreeLink>(last.Operator));
        }

        var ensemble = Maker(trees);
        Require(ensemble.Operator == Ensemble, $"the operator {ensemble.Operator} behind the trees");
        var features = Features(Use(ensemble, 1).Inputs[0]);
        var walker = new TreeWalker(TreeEnsemble.Read(_file, ensemble, features.Length), features, link, outputs);
        Require(_used.Count == _graph.Nodes.Count && _constants.Count == _graph.Constants.Count, "parts that no output needs");
        return walker;
    }

    private readonly (string Answer, float Threshold) Label(string output)
    {
        var cast = Cast(Maker(output), Int64Element);
        var compare = Maker(cast.Inputs[0]);
        Require(compare.Operator == "GreaterOrEqual", $"the operator {compare.Operator} before a label");
        compare.AllowAttributes();
        var inputs = Use(compare, 2).Inputs;
        Require(_graph.Constants.TryGetValue(inputs[1], out var threshold), "a label by a threshold that is no number");
        _constants.Add(inputs[1]);
        return (inputs[0], threshold);
    }

    /// <summary>The features that a tensor of [N, features] holds.</summary>
    private readonly FeatureSource[] Features(string tensor)
    {
        if (!_makers.TryGetValue(tensor, out var concat) || concat.Operator != "Concat")
            return Operand(tensor);
        concat.AllowAttributes("axis");
        Require(concat.Get("axis").Int is 1 or -1, "a Concat along the rows");
        var features = new List<FeatureSource>();
        foreach (var input in Use(concat, concat.Inputs.Count).Inputs)
        {
            features.AddRange(Operand(input));
            Require(features.Count <= MostFeatures, "too many features");
        }

        return [.. features];
    }

    private readonly FeatureSource[] Operand(string tensor)
    {
        if (!_makers.TryGetValue(tensor, out var maker))
            return Sources(tensor, [ColumnType.Float], null, 0);
        if (maker.Operator == "Cast")
            return Sources(Cast(maker, FloatElement).Inputs[0],
                [ColumnType.Float, ColumnType.Double, ColumnType.Long, ColumnType.Bool], null, 0);

        Require(maker.Operator == Encoder, $"the operator {maker.Operator} before the trees");
        maker.AllowAttributes("keys_strings", "values_floats", "default_float");
        var (keys, values) = (maker.Get("keys_strings").Texts, maker.Get("values_floats").Floats);
        Require(keys.Count == values.Count, "more categories than numbers of them, or fewer");
        var ranks = new Dictionary<string, float>(keys.Count, StringComparer.Ordinal);
        for (var i = 0; i < keys.Count; i++)
        {
            // A text of broken UTF-16 reaches the engine with U+FFFD in it, and must not miss a category here that it meets there.
            var key = GraphFile.Text(_file, keys[i]);
            var isClear = !key.Contains('\uFFFD', StringComparison.Ordinal) && ranks.TryAdd(key, values[i]);
            Require(isClear, $"a category '{key}' twice or broken");
        }

        return Sources(Use(maker, 1).Inputs[0], [ColumnType.Text], ranks, maker.Find("default_float")?.Float ?? -0f);
    }

    private readonly FeatureSource[] Sources(
        string input, ReadOnlySpan<ColumnType> types, Dictionary<string, float>? ranks, float unseen)
    {
        var index = _signature.InputIndex(input);
        Require(index >= 0 && _signature.Inputs[index].RowShape.Count == 1 && types.Contains(_signature.Inputs[index].Type),
            $"'{input}' among its features");
        Require(_signature.Inputs[index].Width <= MostFeatures, "too many features");
        return [.. Enumerable.Range(0, _signature.Inputs[index].Width).Select(i => new FeatureSource(index, i, ranks, unseen))];
    }

    private readonly GraphNode Cast(GraphNode node, long element)
    {
        Require(node.Operator == "Cast", $"the operator {node.Operator} where a Cast was looked for");
        node.AllowAttributes("to");
        Require(node.Get("to").Int == element, "a Cast to another type");
        return Use(node, 1);
    }

    private readonly GraphNode Maker(string tensor) =>
        _makers.GetValueOrDefault(tensor) ?? throw new FormatException($"No operator makes '{tensor}'.");

    private readonly GraphNode Use(GraphNode node, int inputs)
    {
        Require(inputs > 0 && node.Inputs.Count == inputs, $"the operator {node.Operator} with other inputs");
        _used.Add(node);
        return node;
    }

    private static void Require(bool isSo, string otherwise)
    {
        if (!isSo)
            throw new FormatException($"The graph has {otherwise}.");
    }
}
