using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Millrace.Assets;
using Millrace.Lake.Storage;

namespace Millrace.Sources.Connectors;

/// <summary>What is pushed to one source, request after request, until loads read it. One process at a time writes; any number read.</summary>
/// <remarks>
/// A request that was taken lies on the disk before <see cref="Append"/> returns: it survives power loss. It is there wholly or not at all;
/// a torn end was answered to nobody and is cut off. A key is remembered for as long as the inbox is kept.
/// </remarks>
public sealed class Inbox : IDisposable
{
    private const long SegmentBytes = 256L << 20;

    private readonly Lock _turn = new();
    private readonly Dictionary<UInt128, InboxMark> _keys = [];
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly FileStream _owner;
    private SafeFileHandle? _segment;
    private long _end;
    private long _sequence;

    private Inbox(string folder, TimeProvider time, FileStream owner) => (_folder, _time, _owner) = (folder, time, owner);

    /// <summary>The number of the newest request; 0 before the first.</summary>
    public long Sequence
    {
        get
        {
            lock (_turn)
                return _sequence;
        }
    }

    /// <summary>Where the inbox of a source lies.</summary>
    public static string FolderOf(string home, AssetKey source) => Path.Combine(home, "inbox", source.Name);

    /// <summary>Opens the inbox of a source for writing, and makes it where there is none.</summary>
    /// <param name="home">The home's folder.</param>
    /// <param name="source">The source.</param>
    /// <param name="time">Says when a request came.</param>
    /// <exception cref="IOException">Another process has it open.</exception>
    /// <exception cref="InvalidDataException">A segment is damaged; the message names it.</exception>
    public static Inbox Open(string home, AssetKey source, TimeProvider time)
    {
        var folder = FolderOf(home, source);
        DurableFile.MakeFolder(folder);
        var inbox = new Inbox(folder, time, new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
        try
        {
            foreach (var part in Directory.EnumerateFiles(folder, "*.part"))
                File.Delete(part);
            inbox.Restore();
            return inbox;
        }
        catch
        {
            inbox.Dispose();
            throw;
        }
    }

    /// <summary>Takes a body in, line by line as it comes, before it is known whether it will stand.</summary>
    public InboxUpload Begin(InboxLimits limits) => new(_folder, limits);

    /// <summary>Puts a whole body into the inbox, once for each key.</summary>
    /// <param name="upload">The body; all of it was written.</param>
    /// <param name="key">The sender's idempotency key; null when each request counts.</param>
    public InboxAnswer Append(InboxUpload upload, string? key)
    {
        var (hash, mark) = (upload.Finish(), key is null ? default : KeyOf(key));
        lock (_turn)
        {
            if (key is not null && _keys.TryGetValue(mark, out var known))
                return new InboxAnswer(known.Sequence, known.Rows, IsRepeated: true, IsConflict: known.Hash != HashOf(hash));
            var header = Encoding.UTF8.GetBytes(new JsonObject
            {
                ["sequence"] = _sequence + 1, ["key"] = key is null ? null : mark.ToString("x32", CultureInfo.InvariantCulture), ["hash"] = Convert.ToHexStringLower(hash),
                ["bytes"] = upload.Bytes, ["rows"] = upload.Rows, ["at"] = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            }.ToJsonString() + "\n");
            var segment = Segment(header.Length + upload.Bytes);
            try
            {
                RandomAccess.Write(segment, header, _end);
                upload.CopyTo(segment, _end + header.Length);
                RandomAccess.FlushToDisk(segment);
            }
            catch
            {
                // Nobody is told that it stands, so that it must not.
                RandomAccess.SetLength(segment, _end);
                throw;
            }

            _end += header.Length + upload.Bytes;
            _sequence++;
            if (key is not null)
                _keys[mark] = new InboxMark(_sequence, upload.Rows, HashOf(hash));
            return new InboxAnswer(_sequence, upload.Rows, IsRepeated: false, IsConflict: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            _segment?.Dispose();
            _segment = null;
            _owner.Dispose();
        }
    }

    private SafeFileHandle Segment(long more)
    {
        if (_segment is not null && (_end == 0 || _end + more <= SegmentBytes))
            return _segment;
        _segment?.Dispose();
        _segment = File.OpenHandle(InboxSegment.PathOf(_folder, _sequence + 1), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        DurableFile.FlushFolder(_folder);
        _end = 0;
        return _segment;
    }

    private void Restore()
    {
        foreach (var (path, isLast) in InboxSegment.Paths(_folder))
        {
            var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            var end = 0L;
            var entries = InboxSegment.Entries(handle, path, isLast).ToList();

            // Of the newest one the header may be on the disk and the body not.
            if (isLast && entries.Count > 0 && !entries[^1].IsWhole())
                entries.RemoveAt(entries.Count - 1);
            foreach (var entry in entries)
            {
                Remember(entry);
                end = entry.End;
            }

            if (!isLast)
            {
                handle.Dispose();
                continue;
            }

            if (RandomAccess.GetLength(handle) > end)
            {
                RandomAccess.SetLength(handle, end);
                RandomAccess.FlushToDisk(handle);
            }

            (_segment, _end) = (handle, end);
        }
    }

    private void Remember(InboxEntry entry)
    {
        _sequence = entry.Sequence;
        if (entry.Key is { } key)
            _keys[UInt128.Parse(key, NumberStyles.HexNumber, CultureInfo.InvariantCulture)] = new InboxMark(entry.Sequence, entry.Rows, HashOf(Convert.FromHexString(entry.Hash)));
    }

    private static UInt128 KeyOf(string key) => HashOf(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static UInt128 HashOf(ReadOnlySpan<byte> hash) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);

    private readonly record struct InboxMark(long Sequence, long Rows, UInt128 Hash);
}

/// <summary>What became of a request.</summary>
/// <param name="Sequence">Its number in the inbox, from 1; of a repeated one the number it has.</param>
/// <param name="Rows">Its lines that are not blank.</param>
/// <param name="IsRepeated">True when a request with this key was taken before: nothing was added.</param>
/// <param name="IsConflict">True when that one had another body.</param>
public readonly record struct InboxAnswer(long Sequence, long Rows, bool IsRepeated, bool IsConflict);

/// <summary>How large a pushed body may be.</summary>
/// <param name="MaxBytes">All of it, unpacked.</param>
/// <param name="MaxLineBytes">One line.</param>
public sealed record InboxLimits(long MaxBytes = 256L << 20, int MaxLineBytes = 8 << 20);
