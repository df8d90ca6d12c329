using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Millrace.Sources.Formats.Zstd;

namespace Millrace.Sources.Formats;

/// <summary>A file as plain UTF-8: itself, or a copy that is unpacked and converted as a stream.</summary>
internal static class PlainText
{
    /// <summary>A packed file may grow without question up to this size.</summary>
    private const long FreeBytes = 1L << 28;

    /// <summary>Beyond <see cref="FreeBytes"/> a packed file may grow up to this multiple of its size: text that people write does not reach it.</summary>
    private const int MaxRatio = 200;

    /// <summary>Gives the path of the plain text.</summary>
    /// <param name="file">The file; a name that ends in <c>.gz</c> or <c>.zst</c> says how it is packed.</param>
    /// <param name="encoding"><c>utf-8</c>, <c>utf-16</c>, <c>latin-1</c> or <c>windows-1252</c>. A byte order mark in the file has the last word.</param>
    /// <param name="scratch">Where copies go.</param>
    /// <param name="number">Tells copies apart.</param>
    /// <param name="cancellationToken">Stops a long copy.</param>
    /// <exception cref="SourceException">The file is cut, is not packed as its name says, or grows like a bomb.</exception>
    public static string Of(InputFile file, string encoding, string scratch, int number, CancellationToken cancellationToken)
    {
        var path = Unpacked(file, scratch, number, cancellationToken);
        var decoder = Decoder(path, encoding);
        if (decoder is null)
            return path;
        var copy = Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"utf8-{number:D6}"));
        Directory.CreateDirectory(scratch);
        using (var source = File.OpenRead(path))
        using (var target = File.Create(copy))
            Convert(source, target, decoder, cancellationToken);
        if (path != file.Path)
            File.Delete(path);
        return copy;
    }

    /// <summary>The file without its packing: itself, or a copy.</summary>
    public static string Unpacked(InputFile file, string scratch, int number, CancellationToken cancellationToken)
    {
        var isGzip = file.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var isZstd = file.Path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase);
        if (!isGzip && !isZstd)
            return file.Path;

        Directory.CreateDirectory(scratch);
        var copy = Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"unpacked-{number:D6}"));
        try
        {
            using var source = File.OpenRead(file.Path);
            using Stream stream = isGzip ? new GZipStream(source, CompressionMode.Decompress) : new ZstdStream(source);
            using var target = File.Create(copy);
            var limit = Math.Max(FreeBytes, source.Length * MaxRatio);
            var last = Copy(stream, target, limit, file, cancellationToken);
            if (isGzip)
                CheckEnd(source, last);
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"{file.Name} cannot be unpacked: {e.Message} Nothing was loaded; put the whole file in its place.", e);
        }

        return copy;
    }

    private static long Copy(Stream stream, Stream target, long limit, InputFile file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            long copied = 0;
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                copied += read;
                if (copied > limit)
                {
                    throw new SourceException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{file.Name} unpacks to more than {limit >> 20} MB, over {MaxRatio} times its size: it looks like a bomb. Unpack it yourself if its content is meant."));
                }

                target.Write(buffer, 0, read);
            }

            return copied;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The stream of a cut gzip file ends without a word; its last four bytes then are not the length of what came out.</summary>
    private static void CheckEnd(FileStream source, long unpacked)
    {
        if (source.Length < 18)
            throw new InvalidDataException("it ends too early.");
        Span<byte> tail = stackalloc byte[4];
        source.Position = source.Length - 4;
        source.ReadExactly(tail);
        var length = BitConverter.IsLittleEndian ? BitConverter.ToUInt32(tail) : System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(tail);

        // A file of several members says the length of its last one only, which is no more than all of them.
        if (length != (uint)unpacked && (length > unpacked || !HasSecondMember(source)))
            throw new InvalidDataException("it is cut off, or not whole.");
    }

    private static bool HasSecondMember(FileStream source)
    {
        source.Position = 1;
        var buffer = new byte[1 << 16];
        var before = 0;
        for (int read; (read = source.Read(buffer, before, buffer.Length - before)) > 0;)
        {
            var span = buffer.AsSpan(0, before + read);
            if (span.IndexOf((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]) >= 0)
                return true;
            before = Math.Min(2, span.Length);
            span[^before..].CopyTo(buffer);
        }

        return false;
    }

    /// <summary>The decoder that a file needs; null when it is UTF-8 already.</summary>
    private static Decoder? Decoder(string path, string encoding)
    {
        Span<byte> head = stackalloc byte[4];
        using var file = File.OpenRead(path);
        head = head[..file.ReadAtLeast(head, 4, throwOnEndOfStream: false)];
        if (head.StartsWith(Encoding.UTF8.Preamble))
            return null;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            return Lossless(Encoding.Unicode);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return Lossless(Encoding.BigEndianUnicode);
        return encoding switch
        {
            "utf-16" => Lossless(IsBigEndian(file) ? Encoding.BigEndianUnicode : Encoding.Unicode),
            "latin-1" => Encoding.Latin1.GetDecoder(),
            "windows-1252" => new Windows1252(),
            _ => null,
        };
    }

    /// <summary>Without a mark: letters of the first plane's beginning have their zero byte first or second.</summary>
    private static bool IsBigEndian(FileStream file)
    {
        Span<byte> head = stackalloc byte[1024];
        file.Position = 0;
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        var (first, second) = (0, 0);
        for (var i = 0; i + 1 < head.Length; i += 2)
            (first, second) = (first + (head[i] == 0 ? 1 : 0), second + (head[i + 1] == 0 ? 1 : 0));
        return first > second;
    }

    /// <summary>Half a surrogate pair becomes U+FFFF, which no text holds and <see cref="Convert"/> writes as a byte that is no UTF-8, so that its
    /// record goes aside.</summary>
    private static Decoder Lossless(Encoding encoding)
    {
        var decoder = encoding.GetDecoder();
        decoder.Fallback = new DecoderReplacementFallback("\uFFFF");
        return decoder;
    }

    private static void Convert(Stream source, Stream target, Decoder decoder, CancellationToken cancellationToken)
    {
        var bytes = new byte[1 << 16];
        var letters = new char[(1 << 16) + 16];
        var encoder = Encoding.UTF8.GetEncoder();
        var output = new byte[Encoding.UTF8.GetMaxByteCount(letters.Length)];
        for (var isFirst = true; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = source.Read(bytes);
            var text = letters.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, read), letters, flush: read == 0));
            if (isFirst && text is ['\uFEFF', ..])
                text = text[1..];
            isFirst = false;
            for (int bad; (bad = text.IndexOf('\uFFFF')) >= 0; text = text[(bad + 1)..])
            {
                target.Write(output, 0, encoder.GetBytes(text[..bad], output, flush: true));
                target.WriteByte(0xFF);
            }

            target.Write(output, 0, encoder.GetBytes(text, output, flush: read == 0));
            if (read == 0)
                return;
        }
    }

    /// <summary>Windows code page 1252. Its five free places are no letters.</summary>
    private sealed class Windows1252 : Decoder
    {
        private const string High =
            "\u20AC\uFFFF\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\uFFFF\u017D\uFFFF"
            + "\uFFFF\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\uFFFF\u017E\u0178";

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            for (var i = 0; i < byteCount; i++)
            {
                var b = bytes[byteIndex + i];
                chars[charIndex + i] = b is >= 0x80 and < 0xA0 ? High[b - 0x80] : (char)b;
            }

            return byteCount;
        }
    }
}
