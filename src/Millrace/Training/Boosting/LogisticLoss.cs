using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Statistics;

namespace Millrace.Training.Boosting;

/// <summary>log(1 + e^x) - y x, the negative log-likelihood of a class with the log-odds x; measured as its mean, in nats.</summary>
internal sealed class LogisticLoss : Loss
{
    public override string Metric => "log_loss";

    public override Link Link => Link.Logistic;

    public override bool HasUnitHessian => false;

    public override double Base(ReadOnlySpan<double> labels)
    {
        var mean = Mean(labels);
        return Numbers.Log(mean / (1 - mean));
    }

    public override void Derive(ReadOnlySpan<double> x, ReadOnlySpan<double> labels, Span<double> gradients, Span<double> hessians)
    {
        ref var xs = ref MemoryMarshal.GetReference(x);
        ref var ys = ref MemoryMarshal.GetReference(labels);
        ref var gs = ref MemoryMarshal.GetReference(gradients);
        ref var hs = ref MemoryMarshal.GetReference(hessians);
        var i = 0;
        for (; i <= x.Length - 4; i += 4)
        {
            var p = Numbers.Sigmoid(Vector256.LoadUnsafe(ref xs, (nuint)i));
            (p - Vector256.LoadUnsafe(ref ys, (nuint)i)).StoreUnsafe(ref gs, (nuint)i);
            (p * (Vector256<double>.One - p)).StoreUnsafe(ref hs, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            var p = Numbers.Sigmoid(x[i]);
            gradients[i] = p - labels[i];
            hessians[i] = p * (1 - p);
        }
    }

    public override double Measure(ReadOnlySpan<double> x, ReadOnlySpan<double> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
            sum += Numbers.SoftPlus(labels[i] == 1 ? -x[i] : x[i]);
        return sum / x.Length;
    }
}
