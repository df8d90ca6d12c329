using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using Millrace.Assets;

namespace Millrace.Project;

/// <summary>What the bytes of a text file say, before anyone splits them into values.</summary>
/// <param name="Lines">Lines, the last one also without a line end; null for UTF-16, where nobody counted.</param>
/// <param name="Encoding"><c>utf-8</c>, <c>utf-16</c> or <c>latin-1</c>; null when the file is ASCII and reads the same in any.</param>
/// <param name="HasQuotes">True when a double quote stands somewhere.</param>
internal sealed record DraftBytes(long? Lines, string? Encoding, bool HasQuotes)
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Reads the whole file once; memory stays flat.</summary>
    /// <exception cref="ProblemException">The file is empty, or is no text.</exception>
    public static DraftBytes Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using var stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        var buffer = new byte[BufferBytes];
        var scan = new Scan();
        var held = 0;
        int read;
        while ((read = stream.ReadAtLeast(buffer.AsSpan(held), 1, throwOnEndOfStream: false)) > 0)
        {
            held += read;
            if (scan.IsUtf16(buffer.AsSpan(0, held)))
                return new DraftBytes(null, "utf-16", true);
            var whole = buffer.AsSpan(0, held).LastIndexOf((byte)'\n') + 1;
            if (whole == 0 && held < buffer.Length)
                continue;
            if (whole == 0)
                whole = held;
            scan.Add(buffer.AsSpan(0, whole));
            buffer.AsSpan(whole, held - whole).CopyTo(buffer);
            held -= whole;
        }

        scan.Add(buffer.AsSpan(0, held));
        return scan.Bytes == 0 ? throw Refused(path, "The file is empty. Leave it out.")
            : scan.HasZero ? throw Refused(path, "The file holds zero bytes, so it is no text. Leave it out, or export it as CSV in UTF-8.")
            : scan.Facts();
    }

    private static ProblemException Refused(string path, string message) => new([new Problem("bad-file", message, path, 1)]);

    private sealed class Scan
    {
        private long _lineFeeds;
        private long _returns;
        private long _damaged;
        private bool _hasQuotes;
        private bool _hasUtf8;
        private bool _hasControls;
        private byte _last;

        public long Bytes { get; private set; }

        public bool HasZero { get; private set; }

        public bool IsUtf16(ReadOnlySpan<byte> start) =>
            Bytes == 0 && start.Length >= 2 && ((start[0], start[1]) is (0xFF, 0xFE) or (0xFE, 0xFF));

        public void Add(ReadOnlySpan<byte> lines)
        {
            if (lines.IsEmpty)
                return;
            Bytes += lines.Length;
            _lineFeeds += lines.Count((byte)'\n');
            _returns += lines.Count((byte)'\r');
            _hasQuotes |= lines.Contains((byte)'"');
            HasZero |= lines.Contains((byte)0);
            _last = lines[^1];
            if (Ascii.IsValid(lines))
                return;
            if (Utf8.IsValid(lines))
                _hasUtf8 = true;
            else
                foreach (var line in lines.Split((byte)'\n'))
                    Look(lines[line]);
        }

        /// <summary>Latin-1 when no line has a letter in UTF-8, and none a byte that Latin-1 has no letter for.</summary>
        public DraftBytes Facts()
        {
            var isLatin = _damaged > 0 && !_hasUtf8 && !_hasControls;
            var ends = _lineFeeds > 0 ? _lineFeeds : _returns;
            var lines = ends + (_last is (byte)'\n' or (byte)'\r' ? 0 : 1);
            var encoding = isLatin ? "latin-1" : _damaged > 0 || _hasUtf8 ? "utf-8" : null;
            return new DraftBytes(lines, encoding, _hasQuotes);
        }

        private void Look(ReadOnlySpan<byte> line)
        {
            if (Ascii.IsValid(line))
                return;
            if (Utf8.IsValid(line))
            {
                _hasUtf8 = true;
                return;
            }

            _damaged++;
            _hasControls |= line.ContainsAnyInRange((byte)0x80, (byte)0x9F);
        }
    }
}
