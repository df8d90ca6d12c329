using Millrace.Statistics;

namespace Millrace.Scoring.Trees;

/// <summary>Scores a model of trees without the engine; made from the model's own file.</summary>
/// <remarks>
/// The sum of the trees is the engine's, bit for bit. A link is computed in double and rounded once: the engine approximates it in float
/// with the instructions of the machine, XX
/// and of 1 for Sigmoid. A row's answer never depends on the rows beside it.
/// </remarks>
internal sealed class TreeWalker
{
    /// <summary>Rows that are prepared and walked at once: few enough to stay in the processor's nearest memory.</summary>
    private const int BlockRows = 128;

    private readonly TreeEnsemble _trees;
    private readonly FeatureSource[] _features;
    private readonly TreeLink _link;
    private readonly float?[] _outputs;

    /// <param name="features">One a feature of the trees.</param>
    /// <param name="outputs">One an output of the model: null where it is the answer, else the least answer with the label 1.</param>
    internal TreeWalker(TreeEnsemble trees, FeatureSource[] features, TreeLink link, float?[] outputs)
    {
        (_trees, _features, _link, _outputs) = (trees, features, link, outputs);
    }

    /// <summary>Scores the rows of a batch.</summary>
    /// <param name="room">Memory to work in, kept from one call to the next; at first empty.</param>
    public void Score(BatchColumn[] inputs, BatchColumn[] outputs, int rows, ref float[] room)
    {
        var stride = _trees.Stride;
        var most = Math.Min(rows, BlockRows);
        if (room.Length < most * (stride + 1))
        {
            // The first float of a prepared row is NaN and never written again.
            room = new float[most * (stride + 1)];
            room.AsSpan().Fill(float.NaN);
        }

        for (var from = 0; from < rows; from += BlockRows)
        {
            var count = Math.Min(BlockRows, rows - from);
            var prepared = room.AsSpan(0, count * stride);
            var sums = room.AsSpan(room.Length - count);
            for (var feature = 0; feature < _features.Length; feature++)
                _features[feature].Fill(inputs[_features[feature].Input], from, prepared, stride, feature);
            if (count == 1)
                sums[0] = _trees.Sum(prepared);
            else
                _trees.Sum(prepared, sums);
            Answer(sums, outputs, from);
        }
    }

    private void Answer(Span<float> sums, BatchColumn[] outputs, int from)
    {
        if (_link != TreeLink.Identity)
        {
            foreach (ref var sum in sums)
                sum = (float)(_link == TreeLink.Sigmoid ? Numbers.Sigmoid(sum) : Numbers.Exp(sum));
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            if (_outputs[i] is not { } threshold)
            {
                sums.CopyTo(((BatchColumn<float>)outputs[i]).Values.AsSpan(from));
                continue;
            }

            var labels = ((BatchColumn<long>)outputs[i]).Values.AsSpan(from, sums.Length);
            for (var row = 0; row < sums.Length; row++)
                labels[row] = sums[row] >= threshold ? 1 : 0;
        }
    }
}
