using System.Buffers;
using System.IO.Pipelines;

namespace Millrace.Server;

/// <summary>A request's body, whole: where it lies with the server when it came in one piece, else in a pooled array.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly PipeReader _reader;
    private readonly ReadOnlySequence<byte> _sequence;
    private readonly byte[]? _copy;
    private readonly int _length;

    private RequestBody(PipeReader reader, ReadOnlySequence<byte> sequence)
    {
        (_reader, _sequence, _length) = (reader, sequence, checked((int)sequence.Length));
        if (sequence.IsSingleSegment)
            return;
        _copy = ArrayPool<byte>.Shared.Rent(_length);
        sequence.CopyTo(_copy);
    }

    public ReadOnlySpan<byte> Bytes => _copy is null ? _sequence.FirstSpan : _copy.AsSpan(0, _length);

    /// <summary>Waits for the end of the body. The server's limit of its size applies.</summary>
    public static async ValueTask<RequestBody> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted)
                return new RequestBody(reader, result.Buffer);
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    public void Dispose()
    {
        _reader.AdvanceTo(_sequence.End);
        if (_copy is not null)
            ArrayPool<byte>.Shared.Return(_copy);
    }
}
