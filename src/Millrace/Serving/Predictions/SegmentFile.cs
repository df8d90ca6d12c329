using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Serving.Predictions;

/// <summary>One segment of a prediction log: 16 bytes of header (a mark and the sequence of its first row), then frames.</summary>
internal sealed class SegmentFile : IDisposable
{
    public const int HeaderBytes = 16;

    private const string Ending = ".segment";

    private static readonly byte[] Mark = "MRPRED01"u8.ToArray();

    private readonly SafeFileHandle _handle;

    private SegmentFile(long number, string path, SafeFileHandle handle) => (Number, Path, _handle) = (number, path, handle);

    public long Number { get; }

    public string Path { get; }

    public long Length => RandomAccess.GetLength(_handle);

    public static string PathOf(string folder, long number) =>
        System.IO.Path.Combine(folder, number.ToString("D8", CultureInfo.InvariantCulture) + Ending);

    /// <summary>The numbers of the segments in a folder, rising.</summary>
    public static List<long> Numbers(string folder) => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateFiles(folder, "*" + Ending)
            .Select(System.IO.Path.GetFileNameWithoutExtension)
            .Select(n => long.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(n => n >= 0).Order()];

    /// <summary>Opens a segment for reading; null when it is gone, since it was folded.</summary>
    public static SegmentFile? TryOpen(string folder, long number)
    {
        var path = PathOf(folder, number);
        try
        {
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new SegmentFile(number, path, handle);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The header of a new segment.</summary>
    public static byte[] HeaderOf(long firstSequence)
    {
        var header = new byte[HeaderBytes];
        Mark.CopyTo(header, 0);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), firstSequence);
        return header;
    }

    /// <summary>A frame that names a model, so that frames of rows can refer to it.</summary>
    public static byte[] FrameOf(ModelIdentity model)
    {
        var json = Encoding.UTF8.GetBytes(model.ToJson().ToJsonString());
        var frame = new byte[Frame.Header + 1 + json.Length];
        frame[Frame.Header] = RowsFrame.ModelKind;
        json.CopyTo(frame, Frame.Header + 1);
        Frame.Seal(frame);
        return frame;
    }

    /// <summary>Follows the whole frames from the beginning; whatever is torn or still being written ends it.</summary>
    /// <param name="onRows">Gets the place of each frame of rows, its payload, and the models named so far.</param>
    /// <returns>How far the segment is whole, and the sequence after its last row.</returns>
    /// <param name="upTo">Frames that end behind this are left out.</param>
    public (long WholeBytes, long NextSequence) Scan(RowsFound onRows, long upTo = long.MaxValue)
    {
        var length = Math.Min(Length, upTo);
        var header = new byte[HeaderBytes];
        if (length < HeaderBytes || RandomAccess.Read(_handle, header, 0) < HeaderBytes || !header.AsSpan(0, 8).SequenceEqual(Mark))
            return (0, 0);
        var next = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8));
        var models = new List<ModelIdentity>();
        var at = (long)HeaderBytes;
        var buffer = new byte[(int)Math.Min(1 << 20, Math.Max(length, HeaderBytes))];
        var (start, filled) = (0, 0);
        while (true)
        {
            var bytes = buffer.AsSpan(start, filled);
            if (Frame.Whole(bytes) is { } whole)
            {
                var payload = bytes.Slice(Frame.Header, whole);
                if (payload[0] == RowsFrame.ModelKind)
                {
                    models.Add(ModelIdentity.FromJson(JsonNode.Parse(payload[1..])!));
                }
                else
                {
                    var (sequence, rows) = RowsFrame.Peek(payload);
                    onRows(at, payload, models);
                    next = sequence + rows;
                }

                var size = Frame.Header + whole;
                (at, start, filled) = (at + size, start + size, filled - size);
                continue;
            }

            // The frame may go on beyond what was read; if it does not fit, the buffer grows to hold it.
            var wanted = filled >= Frame.Header ? Frame.Header + (long)BinaryPrimitives.ReadInt32LittleEndian(bytes) : Frame.Header;
            if (wanted <= filled || wanted > length - at || wanted > Frame.MaxPayload)
                return (at, next);
            var larger = wanted > buffer.Length ? new byte[wanted] : buffer;
            bytes.CopyTo(larger);
            (buffer, start) = (larger, 0);
            var space = buffer.AsSpan(filled, (int)Math.Min(buffer.Length - filled, length - at - filled));
            var read = RandomAccess.Read(_handle, space, at + filled);
            if (read == 0)
                return (at, next);
            filled += read;
        }
    }

    /// <summary>The payload of the frame at a place; null when it is not whole.</summary>
    public byte[]? ReadPayload(long at)
    {
        var header = new byte[Frame.Header];
        if (RandomAccess.Read(_handle, header, at) < Frame.Header)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is <= 0 or > Frame.MaxPayload)
            return null;
        var frame = new byte[Frame.Header + length];
        header.CopyTo(frame, 0);
        for (var filled = Frame.Header; filled < frame.Length;)
        {
            var read = RandomAccess.Read(_handle, frame.AsSpan(filled), at + filled);
            if (read == 0)
                return null;
            filled += read;
        }

        return Frame.Whole(frame) is null ? null : frame[Frame.Header..];
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}

/// <summary>Gets a frame of rows: where it begins, its payload, and the models that the segment named so far.</summary>
internal delegate void RowsFound(long at, ReadOnlySpan<byte> payload, IReadOnlyList<ModelIdentity> models);
