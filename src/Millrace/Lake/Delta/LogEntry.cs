using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Lake.Delta;

/// <summary>The actions of one commit, read from <c>_delta_log/&lt;version&gt;.json</c>.</summary>
internal sealed class LogEntry
{
    private readonly byte[] _bytes;
    private Range? _commitInfo;
    private string? _hash;

    private LogEntry(long version, byte[] bytes)
    {
        Version = version;
        _bytes = bytes;
    }

    public long Version { get; }

    public List<DataFile> Adds { get; } = [];

    public List<Tombstone> Removes { get; } = [];

    /// <summary>Files that hold the changed rows, where the writer spelled them out.</summary>
    public List<DataFile> Changes { get; } = [];

    /// <summary>Files that hold the rest of a checkpoint; a commit has none.</summary>
    public List<string> Sidecars { get; } = [];

    public List<TransactionMark> Transactions { get; } = [];

    public TableProtocol? Protocol { get; private set; }

    public TableMetadata? Metadata { get; private set; }

    /// <summary>The commit's time as its writer set it, or the file's time where it did not.</summary>
    public DateTimeOffset WrittenAt { get; private set; }

    /// <summary>SHA-256 of the entry's bytes, lower-case hexadecimal.</summary>
    public string Hash => _hash ??= HashOf(_bytes);

    /// <summary>The commitInfo action; empty where another writer left it out.</summary>
    public JsonObject CommitInfo => _commitInfo is { } range ? JsonNode.Parse(_bytes.AsSpan(range)) as JsonObject ?? [] : [];

    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Reads an entry, or gives null when there is no such file.</summary>
    /// <exception cref="LakeException">The file is empty, torn, or no log entry.</exception>
    public static LogEntry? Read(LogFolder log, long version)
    {
        var path = log.EntryPath(version);
        try
        {
            var entry = new LogEntry(version, File.ReadAllBytes(path));
            entry.ReadLines();
            if (entry.WrittenAt == default)
                entry.WrittenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);
            return entry;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new LakeException(
                $"'{path}' is no whole Delta log entry: {e.Message} Put the file back from a copy. "
                + $"If it is the newest entry and its writer died while writing it, delete it: "
                + (version > 0 ? $"the table is then at version {version - 1} again." : "there is then no table yet."),
                e);
        }
    }

    /// <summary>Reads a checkpoint that was written as JSON.</summary>
    /// <exception cref="LakeException">The file is empty, torn, or no checkpoint.</exception>
    public static LogEntry ReadCheckpoint(string path, long version)
    {
        try
        {
            var entry = new LogEntry(version, File.ReadAllBytes(path));
            entry.ReadLines();
            return entry;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IOException)
        {
            throw new LakeException($"The checkpoint '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>True when the entry's bytes hold the text; a quick look before reading on.</summary>
    public static bool Mentions(LogFolder log, long version, ReadOnlySpan<byte> text)
    {
        try
        {
            return File.ReadAllBytes(log.EntryPath(version)).AsSpan().IndexOf(text) >= 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private void ReadLines()
    {
        var actions = 0;
        for (var start = 0; start < _bytes.Length;)
        {
            var length = _bytes.AsSpan(start).IndexOf((byte)'\n');
            var end = length < 0 ? _bytes.Length : start + length;
            if (!_bytes.AsSpan(start..end).Trim(" \t\r"u8).IsEmpty)
            {
                ReadAction(start, end);
                actions++;
            }

            start = end + 1;
        }

        if (actions == 0)
            throw new JsonException("It holds no action.");
        CheckFiles();
    }

    /// <summary>An entry that says two things of one file cannot be read: which of them holds would be a guess.</summary>
    private void CheckFiles()
    {
        if (Adds.Count == 0 || Adds.Count + Removes.Count < 2)
            return;
        var gone = Removes.Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
        var added = new Dictionary<string, DataFile>(Adds.Count, StringComparer.Ordinal);
        foreach (var file in Adds)
        {
            if (gone.Contains(file.Key))
                throw new JsonException($"It both adds and removes the file '{file.Path}'.");
            if (!added.TryAdd(file.Key, file) && !added[file.Key].IsSameAs(file))
                throw new JsonException($"It adds the file '{file.Path}' twice, with different content.");
        }
    }

    private void ReadAction(int start, int end)
    {
        var reader = new Utf8JsonReader(_bytes.AsSpan(start..end));
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A line holds no JSON object.");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("add"u8))
                Adds.Add(LogActions.ReadAdd(ref reader));
            else if (reader.ValueTextEquals("remove"u8))
                Removes.Add(LogActions.ReadRemove(ref reader));
            else if (reader.ValueTextEquals("txn"u8))
                Transactions.Add(LogActions.ReadTransaction(ref reader));
            else if (reader.ValueTextEquals("metaData"u8))
                Metadata = Metadata is null ? LogActions.ReadMetadata(ref reader) : throw Twice("metaData");
            else if (reader.ValueTextEquals("protocol"u8))
                Protocol = Protocol is null ? LogActions.ReadProtocol(ref reader) : throw Twice("protocol");
            else if (reader.ValueTextEquals("cdc"u8))
                Changes.Add(LogActions.ReadAdd(ref reader));
            else if (reader.ValueTextEquals("sidecar"u8))
                Sidecars.Add(LogActions.ReadSidecar(ref reader));
            else if (reader.ValueTextEquals("commitInfo"u8))
                ReadCommitInfo(ref reader, start);
            else
                Skip(ref reader);
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
            throw new JsonException("A line holds more than one JSON object.");
    }

    private void ReadCommitInfo(ref Utf8JsonReader reader, int start)
    {
        reader.Read();
        var from = start + (int)reader.TokenStartIndex;
        var (timestamp, inCommit) = (default(long?), default(long?));
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isTimestamp = reader.ValueTextEquals("timestamp"u8);
                var isInCommit = reader.ValueTextEquals("inCommitTimestamp"u8);
                reader.Read();
                if (isTimestamp && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var time))
                    timestamp = time;
                else if (isInCommit && reader.TokenType == JsonTokenType.Number)
                    inCommit = reader.GetInt64();
                else
                    reader.Skip();
            }
        }

        _commitInfo = from..(start + (int)reader.BytesConsumed);
        if ((inCommit ?? timestamp) is { } written)
            WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(written);
    }

    private static JsonException Twice(string action) => new($"It has two {action} actions.");

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
