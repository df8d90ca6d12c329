using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Lake.Delta;

/// <summary>Actions as lines of JSON.</summary>
internal sealed class ActionLines : IDisposable
{
    // Names and texts stay readable in the log; the strict encoder would escape every character beyond ASCII.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stream _stream;
    private readonly Utf8JsonWriter _writer;

    public ActionLines(Stream stream)
    {
        _stream = stream;
        _writer = new Utf8JsonWriter(stream, Options);
    }

    /// <summary>Lines written.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of the longest line.</summary>
    public long Longest { get; private set; }

    public void Add(Action<Utf8JsonWriter> action)
    {
        action(_writer);
        _writer.Flush();
        Longest = Math.Max(Longest, _writer.BytesCommitted);
        _writer.Reset();
        _stream.WriteByte((byte)'\n');
        Count++;
    }

    public void Dispose() => _writer.Dispose();
}
