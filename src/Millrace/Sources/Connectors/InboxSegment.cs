using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Sources.Connectors;

/// <summary>A file of an inbox, named by the number of its first request: for each a line of JSON that says what it is, and its body.</summary>
internal static class InboxSegment
{
    private const string Ending = ".inbox";

    private const int MaxHeader = 4096;

    public static string PathOf(string folder, long sequence) => Path.Combine(folder, sequence.ToString("D15", CultureInfo.InvariantCulture) + Ending);

    public static IEnumerable<(string Path, bool IsLast)> Paths(string folder)
    {
        string[] paths = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal)] : [];
        return paths.Select((p, i) => (p, i == paths.Length - 1));
    }

    /// <summary>The requests after a number, in order, as far as they lie there wholly.</summary>
    /// <exception cref="InvalidDataException">A segment is damaged.</exception>
    public static IEnumerable<InboxEntry> Read(string folder, long after)
    {
        var paths = Paths(folder).ToList();
        for (var i = 0; i < paths.Count; i++)
        {
            if (i + 1 < paths.Count && First(paths[i + 1].Path) <= after + 1)
                continue;
            using var handle = File.OpenHandle(paths[i].Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            foreach (var entry in Entries(handle, paths[i].Path, paths[i].IsLast))
            {
                if (entry.Sequence > after)
                    yield return entry;
            }
        }
    }

    /// <summary>The requests of a segment. What is torn at the end of the last one was answered to nobody.</summary>
    public static IEnumerable<InboxEntry> Entries(SafeFileHandle handle, string path, bool isLast)
    {
        var buffer = new byte[MaxHeader];
        long? expected = First(path);
        for (var at = 0L; ;)
        {
            var length = RandomAccess.GetLength(handle);
            var read = RandomAccess.Read(handle, buffer, at);
            if (read == 0)
                yield break;
            var end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            var entry = end < 0 ? null : Header(handle, path, at, buffer.AsSpan(0, end), at + end + 1);
            if (entry is null || entry.End > length || entry.Sequence != expected)
            {
                if (isLast && (entry is null || entry.Sequence == expected))
                    yield break;
                throw new InvalidDataException($"'{path}' is damaged at byte {at}: request {expected} is not whole there. Put the file back from a copy.");
            }

            yield return entry;
            (at, expected) = (entry.End, expected + 1);
        }
    }

    private static long First(string path) => long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);

    private static InboxEntry? Header(SafeFileHandle handle, string path, long at, ReadOnlySpan<byte> line, long body)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return new InboxEntry(
                handle, path, at, root.GetProperty("sequence").GetInt64(), root.GetProperty("key").GetString(), root.GetProperty("hash").GetString()!, body,
                root.GetProperty("bytes").GetInt64(), root.GetProperty("rows").GetInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>A request in an inbox.</summary>
/// <param name="Start">Where its header begins.</param>
/// <param name="Key">A hash of the sender's key; null without one.</param>
/// <param name="Hash">SHA-256 of the body, lower-case hex.</param>
/// <param name="Body">Where the body begins.</param>
internal sealed record InboxEntry(SafeFileHandle Handle, string Path, long Start, long Sequence, string? Key, string Hash, long Body, long Bytes, long Rows)
{
    /// <summary>Where the next request begins.</summary>
    public long End => Body + Bytes;

    /// <summary>True when the body is the one that was taken.</summary>
    public bool IsWhole() => Copy(null);

    /// <summary>Copies the body.</summary>
    /// <exception cref="InvalidDataException">It is not the one that was taken.</exception>
    public void CopyTo(Stream stream)
    {
        if (!Copy(stream))
            throw new InvalidDataException($"'{Path}' is damaged at byte {Start}: the body of request {Sequence} is not the one that was taken. Put the file back from a copy.");
    }

    private bool Copy(Stream? stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Min(1 << 18, Math.Max(Bytes, 1))];
        for (var at = Body; at < End;)
        {
            var read = RandomAccess.Read(Handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, End - at)), at);
            if (read == 0)
                return false;
            hash.AppendData(buffer, 0, read);
            stream?.Write(buffer, 0, read);
            at += read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Hash;
    }
}
