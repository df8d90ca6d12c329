using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Sources.Connectors;

/// <summary>A landed file of one JSON object a line, for connectors that read records and not files.</summary>
/// <remarks>
/// What is exact in no JSON number (decimals, bytes, times) is written as text, in the form that the contract's type reads; NULL is null, and
/// an empty text is an empty text.
/// </remarks>
internal sealed class JsonLines : IDisposable
{
    private const int FlushBytes = 1 << 16;

    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);
    private readonly Landing _landing;
    private readonly string _name;
    private readonly Stream _stream;
    private bool _isClosed;

    public JsonLines(Landing landing, string name)
    {
        (_landing, _name, _stream) = (landing, name, landing.Create(name));
        Json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    /// <summary>Writes the row that is open.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Rows ended so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Ends a row: a whole object was written.</summary>
    public void End()
    {
        Json.Flush();
        Json.Reset(_buffer);
        _buffer.Write("\n"u8);
        Rows++;
        if (_buffer.WrittenCount >= FlushBytes)
            Write();
    }

    /// <summary>One row that is JSON already, or that nobody can read: then the contract's reader puts it aside as it is.</summary>
    /// <param name="line">Without a line end.</param>
    public void Raw(ReadOnlySpan<byte> line)
    {
        _buffer.Write(line);
        _buffer.Write("\n"u8);
        Rows++;
        if (_buffer.WrittenCount >= FlushBytes)
            Write();
    }

    /// <summary>Bytes in the form in which a BLOB is read from text: <c>\xAB</c> for each.</summary>
    public static string BlobText(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length * 4, bytes, static (text, source) =>
    {
        const string Digits = "0123456789ABCDEF";
        for (var i = 0; i < source.Length; i++)
            (text[4 * i], text[4 * i + 1], text[4 * i + 2], text[4 * i + 3]) = ('\\', 'x', Digits[source[i] >> 4], Digits[source[i] & 15]);
    });

    /// <summary>Closes the file and says what it is.</summary>
    public LandedFile Close()
    {
        Dispose();
        return _landing.Files.Last(f => f.Name == _name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        Write();
        Json.Dispose();
        _stream.Dispose();
    }

    private void Write()
    {
        _stream.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}
