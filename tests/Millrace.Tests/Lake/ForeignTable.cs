using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;

namespace Millrace.Tests.Lake;

/// <summary>A Delta table put together by hand, as another writer might.</summary>
internal sealed class ForeignTable
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    private readonly DuckConnection _connection;
    private long _next;

    public ForeignTable(string folder, DuckConnection connection)
    {
        Folder = folder;
        _connection = connection;
        Directory.CreateDirectory(Path.Combine(folder, "_delta_log"));
    }

    public string Folder { get; }

    public LakeTable Table => new(Folder);

    public static JsonObject Protocol(params string[] features) => new()
    {
        ["protocol"] = new JsonObject
        {
            ["minReaderVersion"] = 3, ["minWriterVersion"] = 7,
            ["readerFeatures"] = Array(features), ["writerFeatures"] = Array(features),
        },
    };

    public static JsonObject Protocol(int reader, int writer) => new()
    {
        ["protocol"] = new JsonObject { ["minReaderVersion"] = reader, ["minWriterVersion"] = writer },
    };

    /// <param name="fields">The fields of the schema, as JSON.</param>
    public static JsonObject Metadata(string fields, string[]? partition = null, params (string Name, string Value)[] properties) => new()
    {
        ["metaData"] = new JsonObject
        {
            ["id"] = "t", ["format"] = new JsonObject { ["provider"] = "parquet", ["options"] = new JsonObject() },
            ["schemaString"] = $"{{\"type\":\"struct\",\"fields\":[{fields}]}}",
            ["partitionColumns"] = Array(partition ?? []),
            ["configuration"] = new JsonObject(properties.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Name, p.Value))),
        },
    };

    public static string Field(string name, string type, string? metadata = null) =>
        $"{{\"name\":\"{name}\",\"type\":{(type[0] == '{' ? type : $"\"{type}\"")},\"nullable\":true,\"metadata\":{metadata ?? "{}"}}}";

    public static string Mapped(string name, string type, string stored, int id) =>
        Field(name, type, $"{{\"delta.columnMapping.id\":{id},\"delta.columnMapping.physicalName\":\"{stored}\"}}");

    /// <summary>Writes a Parquet file and gives its add action.</summary>
    public JsonObject File(string name, string select, JsonObject? partition = null, string options = "")
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _connection.Execute($"COPY ({select}) TO {SqlName.Text(path)} (FORMAT parquet{options})");
        var rows = (long)_connection.Query($"SELECT count(*) FROM ({select})").Scalar()!;
        return new JsonObject
        {
            ["add"] = new JsonObject
            {
                ["path"] = string.Join('/', name.Split('/').Select(Uri.EscapeDataString)), ["partitionValues"] = partition ?? [], ["size"] = new FileInfo(path).Length,
                ["modificationTime"] = 1, ["dataChange"] = true, ["stats"] = $"{{\"numRecords\":{rows}}}",
            },
        };
    }

    /// <summary>The same add action with deleted rows.</summary>
    public static JsonObject With(JsonObject add, JsonObject vector)
    {
        var copy = (JsonObject)add.DeepClone();
        copy["add"]!["deletionVector"] = vector.DeepClone();
        return copy;
    }

    public static JsonObject Remove(JsonObject add)
    {
        var file = (JsonObject)add["add"]!.DeepClone();
        file.Remove("stats");
        file["deletionTimestamp"] = 2;
        file["extendedFileMetadata"] = true;
        return new JsonObject { ["remove"] = file };
    }

    public long Commit(params JsonObject[] actions)
    {
        var name = _next.ToString("D20", System.Globalization.CultureInfo.InvariantCulture);
        System.IO.File.WriteAllLines(Path.Combine(Folder, "_delta_log", name + ".json"), actions.Select(a => a.ToJsonString()));
        return _next++;
    }

    public static JsonObject Inline(params IReadOnlyList<long> rows)
    {
        var bytes = Serialize(rows);
        var padded = new byte[(bytes.Length + 3) / 4 * 4];
        bytes.CopyTo(padded, 0);
        return new JsonObject { ["storageType"] = "i", ["pathOrInlineDv"] = Encode(padded), ["sizeInBytes"] = bytes.Length, ["cardinality"] = rows.Count };
    }

    /// <summary>Writes a file of vectors behind some other bytes and gives the descriptor of the rows.</summary>
    public JsonObject InFile(string prefix, params IReadOnlyList<long> rows)
    {
        var (uuid, bytes) = (Guid.NewGuid(), Serialize(rows));
        var path = Path.Combine(Folder, prefix, $"deletion_vector_{uuid:D}.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = System.IO.File.Create(path))
        {
            file.Write([1, 9, 9, 9]);
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
            file.Write(number);
            file.Write(bytes);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(bytes));
            file.Write(number);
        }

        return new JsonObject
        {
            ["storageType"] = "u", ["pathOrInlineDv"] = prefix + Encode(uuid.ToByteArray(bigEndian: true)), ["offset"] = 4,
            ["sizeInBytes"] = bytes.Length, ["cardinality"] = rows.Count,
        };
    }

    /// <summary>The portable Roaring form: runs where they are shortest, else arrays and bitmaps.</summary>
    private static byte[] Serialize(IReadOnlyList<long> rows)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(1681511377);
        var bitmaps = rows.GroupBy(r => r >> 32).OrderBy(g => g.Key).ToList();
        writer.Write((long)bitmaps.Count);
        foreach (var bitmap in bitmaps)
        {
            writer.Write((int)bitmap.Key);
            var containers = bitmap.GroupBy(r => (ushort)(r >> 16)).OrderBy(g => g.Key)
                .Select(g => (g.Key, Values: g.Select(r => (ushort)r).Order().ToList())).ToList();
            var runs = containers.Select(c => Runs(c.Values)).ToList();
            var hasRuns = runs.Any(r => r.Count < 20);
            if (hasRuns)
            {
                writer.Write(12347 | ((containers.Count - 1) << 16));
                for (var i = 0; i < containers.Count; i += 8)
                    writer.Write((byte)Enumerable.Range(i, Math.Min(8, containers.Count - i)).Sum(j => runs[j].Count < 20 ? 1 << (j - i) : 0));
            }
            else
            {
                writer.Write(12346);
                writer.Write(containers.Count);
            }

            foreach (var (key, values) in containers)
            {
                writer.Write(key);
                writer.Write((ushort)(values.Count - 1));
            }

            if (!hasRuns || containers.Count >= 4)
                writer.Write(new byte[containers.Count * 4]);
            for (var i = 0; i < containers.Count; i++)
                Write(writer, containers[i].Values, runs[i]);
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, List<ushort> values, List<(ushort Start, ushort More)> runs)
    {
        if (runs.Count < 20)
        {
            writer.Write((ushort)runs.Count);
            foreach (var (start, more) in runs)
            {
                writer.Write(start);
                writer.Write(more);
            }
        }
        else if (values.Count > 4096)
        {
            var bits = new byte[8192];
            foreach (var value in values)
                bits[value / 8] |= (byte)(1 << (value % 8));
            writer.Write(bits);
        }
        else
        {
            foreach (var value in values)
                writer.Write(value);
        }
    }

    private static List<(ushort Start, ushort More)> Runs(List<ushort> values)
    {
        var runs = new List<(ushort Start, ushort More)>();
        foreach (var value in values)
        {
            if (runs.Count > 0 && runs[^1].Start + runs[^1].More + 1 == value)
                runs[^1] = (runs[^1].Start, (ushort)(runs[^1].More + 1));
            else
                runs.Add((value, 0));
        }

        return runs;
    }

    private static string Encode(byte[] bytes)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < bytes.Length; i += 4)
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i));
            foreach (var power in new uint[] { 52200625, 614125, 7225, 85, 1 })
                text.Append(Alphabet[(int)(value / power % 85)]);
        }

        return text.ToString();
    }

    /// <summary>CRC-32 bit by bit.</summary>
    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }

    private static JsonArray Array(string[] values) => new([.. values.Select(v => (JsonNode)v)]);
}
