using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Millrace.Serving.Predictions;

/// <summary>The rows of one request as they stand in a segment: written or lost together.</summary>
internal sealed class RowsFrame : IDisposable
{
    /// <summary>The first byte of a payload that holds rows; one that names a model begins with <see cref="ModelKind"/>.</summary>
    public const byte Kind = 2;

    public const byte ModelKind = 1;

    private const int ModelAt = 1;
    private const int SequenceAt = 5;
    private const int FixedBytes = 37;
    private const byte HasIds = 1;
    private const byte HasTimes = 2;

    private RowsFrame()
    {
    }

    public required ModelIdentity Model { get; init; }

    /// <summary>The place of the first row among all predictions of the endpoint, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>When the request came, microseconds since 1970, UTC.</summary>
    public required long ReceivedAt { get; init; }

    /// <summary>From the request's coming until its answer was ready to be logged.</summary>
    public required int LatencyMicroseconds { get; init; }

    public required int Rows { get; init; }

    /// <summary>The client's id of the request; null for none.</summary>
    public required byte[]? RequestId { get; init; }

    /// <summary>The rows' ids; null when the log names them by their sequence.</summary>
    public required TensorData? Ids { get; init; }

    /// <summary>The rows' event times in microseconds since 1970; null when they are the time of the request.</summary>
    public required long[]? EventTimes { get; init; }

    /// <summary>A hash of each row's inputs.</summary>
    public required ulong[] Hashes { get; init; }

    public required IReadOnlyList<TensorData> Inputs { get; init; }

    public required IReadOnlyList<TensorData> Outputs { get; init; }

    /// <summary>Writes a frame whose model and sequence are not known yet, see <see cref="Place"/>.</summary>
    /// <returns>A rented array and its used length.</returns>
    public static (byte[] Buffer, int Length) Write(
        InferenceRows rows, IReadOnlyList<TensorData> inputs, IReadOnlyList<TensorData> outputs)
    {
        var length = Frame.Header + FixedBytes + (long)(rows.RequestId?.Length ?? 0) + (rows.Ids?.ByteCount ?? 0)
            + ((long)(rows.EventTimes?.Length ?? 0) * sizeof(long)) + ((long)rows.Count * sizeof(ulong));
        for (var i = 0; i < inputs.Count; i++)
            length += inputs[i].ByteCount;
        for (var i = 0; i < outputs.Count; i++)
            length += outputs[i].ByteCount;
        if (length > Frame.MaxPayload)
        {
            throw new ServingException(Refusal.TooLarge,
                $"The request's {rows.Count} rows take {length >> 20} MiB in the prediction log, and one request may take "
                    + $"{Frame.MaxPayload >> 20}. Send fewer rows at once.");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)length);
        var payload = buffer.AsSpan(Frame.Header);
        payload[0] = Kind;
        BinaryPrimitives.WriteInt64LittleEndian(payload[13..], rows.ReceivedAt);
        BinaryPrimitives.WriteInt32LittleEndian(payload[21..], rows.LatencyMicroseconds);
        BinaryPrimitives.WriteInt32LittleEndian(payload[25..], rows.Count);
        payload[29] = (byte)((rows.Ids is null ? 0 : HasIds) | (rows.EventTimes is null ? 0 : HasTimes));
        BinaryPrimitives.WriteInt32LittleEndian(payload[30..], rows.RequestId?.Length ?? -1);
        payload[34..FixedBytes].Clear();
        var at = FixedBytes;
        rows.RequestId?.CopyTo(payload[at..]);
        at += rows.RequestId?.Length ?? 0;
        if (rows.Ids is not null)
            at += rows.Ids.WriteTo(payload[at..]);
        if (rows.EventTimes is not null)
        {
            MemoryMarshal.AsBytes(rows.EventTimes.AsSpan(0, rows.Count)).CopyTo(payload[at..]);
            at += rows.Count * sizeof(long);
        }

        MemoryMarshal.AsBytes(rows.Hashes.AsSpan(0, rows.Count)).CopyTo(payload[at..]);
        at += rows.Count * sizeof(ulong);
        for (var i = 0; i < inputs.Count; i++)
            at += inputs[i].WriteTo(payload[at..]);
        for (var i = 0; i < outputs.Count; i++)
            at += outputs[i].WriteTo(payload[at..]);
        return (buffer, Frame.Header + at);
    }

    /// <summary>Puts in what only the writer knows, and seals the frame.</summary>
    public static void Place(Span<byte> frame, int model, long sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame[(Frame.Header + ModelAt)..], model);
        BinaryPrimitives.WriteInt64LittleEndian(frame[(Frame.Header + SequenceAt)..], sequence);
        Frame.Seal(frame);
    }

    /// <summary>Sequence and number of rows, without reading the rest.</summary>
    public static (long Sequence, int Rows) Peek(ReadOnlySpan<byte> payload) =>
        (BinaryPrimitives.ReadInt64LittleEndian(payload[SequenceAt..]), BinaryPrimitives.ReadInt32LittleEndian(payload[25..]));

    /// <summary>Reads a payload.</summary>
    /// <param name="payload">The bytes after the frame's header.</param>
    /// <param name="models">The models that the segment named so far.</param>
    public static RowsFrame Read(ReadOnlySpan<byte> payload, IReadOnlyList<ModelIdentity> models)
    {
        var model = models[BinaryPrimitives.ReadInt32LittleEndian(payload[ModelAt..])];
        var (sequence, rows) = Peek(payload);
        var idLength = BinaryPrimitives.ReadInt32LittleEndian(payload[30..]);
        var rest = payload[FixedBytes..];
        byte[]? requestId = null;
        if (idLength >= 0)
        {
            requestId = rest[..idLength].ToArray();
            rest = rest[idLength..];
        }

        TensorData? ids = null;
        if ((payload[29] & HasIds) != 0)
            (ids = new TensorData(InferenceRows.IdSpec, rows)).AddFrom(rows, ref rest);
        long[]? times = null;
        if ((payload[29] & HasTimes) != 0)
        {
            times = MemoryMarshal.Cast<byte, long>(rest[..(rows * sizeof(long))]).ToArray();
            rest = rest[(rows * sizeof(long))..];
        }

        var hashes = MemoryMarshal.Cast<byte, ulong>(rest[..(rows * sizeof(ulong))]).ToArray();
        rest = rest[(rows * sizeof(ulong))..];
        return new RowsFrame
        {
            Model = model, Sequence = sequence, Rows = rows, RequestId = requestId, Ids = ids, EventTimes = times, Hashes = hashes,
            ReceivedAt = BinaryPrimitives.ReadInt64LittleEndian(payload[13..]),
            LatencyMicroseconds = BinaryPrimitives.ReadInt32LittleEndian(payload[21..]),
            Inputs = Tensors(model.Signature.Inputs, rows, ref rest),
            Outputs = Tensors(model.Signature.Outputs, rows, ref rest),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ids?.Dispose();
        foreach (var tensor in Inputs)
            tensor.Dispose();
        foreach (var tensor in Outputs)
            tensor.Dispose();
    }

    private static TensorData[] Tensors(IReadOnlyList<TensorSpec> specs, int rows, ref ReadOnlySpan<byte> rest)
    {
        var tensors = new TensorData[specs.Count];
        for (var i = 0; i < tensors.Length; i++)
            (tensors[i] = new TensorData(specs[i], rows)).AddFrom(rows * specs[i].Width, ref rest);
        return tensors;
    }
}
