using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Millrace.Server;

/// <summary>Writes JSON answers through one buffer a thread.</summary>
internal static class JsonAnswer
{
    /// <summary>A buffer that grew beyond this is not kept.</summary>
    private const int KeptBytes = 1 << 20;

    private static readonly JsonWriterOptions Settings = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Answers with what is written. The writing must not wait for anything.</summary>
    public static async Task WriteAsync<T>(HttpContext http, int status, T state, Action<Utf8JsonWriter, T> write)
    {
        Fill(http, status, state, write);
        await http.Response.BodyWriter.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Answers with the protocol's error object.</summary>
    public static Task ErrorAsync(HttpContext http, int status, string message) => WriteAsync(http, status, message, static (json, text) =>
    {
        json.WriteStartObject();
        json.WriteString("error"u8, text);
        json.WriteEndObject();
    });

    private static void Fill<T>(HttpContext http, int status, T state, Action<Utf8JsonWriter, T> write)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        var writer = _writer ??= new Utf8JsonWriter(buffer, Settings);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        try
        {
            write(writer, state);
            writer.Flush();
            http.Response.StatusCode = status;
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = buffer.WrittenCount;
            http.Response.BodyWriter.Write(buffer.WrittenSpan);
        }
        finally
        {
            if (buffer.Capacity > KeptBytes)
                (_buffer, _writer) = (null, null);
        }
    }
}
