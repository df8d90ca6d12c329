using System.Globalization;

namespace Millrace.Serving.Predictions;

/// <summary>What a logged request says of itself beside inputs and outputs.</summary>
internal sealed record InferenceRows
{
    /// <summary>Ids that the log makes begin so; clients' ids must not.</summary>
    public const string MadeHere = "auto/";

    /// <summary>The tensor of prediction ids.</summary>
    public static readonly TensorSpec IdSpec = new(ModelSignature.PredictionId, TensorType.Bytes);

    public required int Count { get; init; }

    public required long ReceivedAt { get; init; }

    public required int LatencyMicroseconds { get; init; }

    public byte[]? RequestId { get; init; }

    /// <summary>The rows' ids, or null: the log names them.</summary>
    public TensorData? Ids { get; init; }

    public long[]? EventTimes { get; init; }

    public required ulong[] Hashes { get; init; }

    /// <summary>The id of a row that its client did not name.</summary>
    public static string IdOf(long sequence) => MadeHere + sequence.ToString(CultureInfo.InvariantCulture);
}
