using System.Text.Json;

namespace Millrace.Lake.Delta;

/// <summary>The actions of the Delta log as JSON. Readers stand on the action's name; fields that we do not know are passed over, as the
/// protocol asks.</summary>
internal static partial class LogActions
{
    public static DataFile ReadAdd(ref Utf8JsonReader reader)
    {
        string? path = null;
        string? stats = null;
        long size = 0;
        long modified = 0;
        var dataChange = true;
        DeletionVector? vector = null;
        Dictionary<string, string?>? partition = null;
        Dictionary<string, string?>? tags = null;
        while (NextField(ref reader))
        {
            if (Is(ref reader, "path"u8))
                path = reader.GetString();
            else if (Is(ref reader, "size"u8))
                size = reader.GetInt64();
            else if (Is(ref reader, "modificationTime"u8))
                modified = reader.GetInt64();
            else if (Is(ref reader, "stats"u8))
                stats = reader.GetString();
            else if (Is(ref reader, "partitionValues"u8))
                partition = ReadMap(ref reader);
            else if (Is(ref reader, "tags"u8))
                tags = ReadMap(ref reader);
            else if (Is(ref reader, "dataChange"u8))
                dataChange = reader.GetBoolean();
            else if (Is(ref reader, "deletionVector"u8))
                vector = ReadVector(ref reader);
            else
                Skip(ref reader);
        }

        var file = new DataFile
        {
            Path = path ?? throw new JsonException("An add action has no path."),
            Size = size,
            ModifiedAt = DateTimeOffset.FromUnixTimeMilliseconds(modified),
            Stats = stats,
            Vector = vector,
            IsDataChange = dataChange,
            PartitionValues = partition is { Count: > 0 } ? partition : DataFile.NoValues,
            Tags = tags is { Count: > 0 } ? tags : DataFile.NoValues,
        };
        return file;
    }

    public static Tombstone ReadRemove(ref Utf8JsonReader reader)
    {
        string? path = null;
        long? size = null;
        long? deleted = null;
        var dataChange = true;
        DeletionVector? vector = null;
        Dictionary<string, string?>? partition = null;
        while (NextField(ref reader))
        {
            if (Is(ref reader, "path"u8))
                path = reader.GetString();
            else if (Is(ref reader, "size"u8))
                size = ReadLong(ref reader);
            else if (Is(ref reader, "dataChange"u8))
                dataChange = reader.GetBoolean();
            else if (Is(ref reader, "deletionVector"u8))
                vector = ReadVector(ref reader);
            else if (Is(ref reader, "deletionTimestamp"u8))
                deleted = ReadLong(ref reader);
            else if (Is(ref reader, "partitionValues"u8))
                partition = ReadMap(ref reader);
            else
                Skip(ref reader);
        }

        return new Tombstone(path ?? throw new JsonException("A remove action has no path."), deleted, size, partition)
        {
            Vector = vector, IsDataChange = dataChange,
        };
    }

    /// <summary>Reads a sidecar action: the path of a file with a part of a checkpoint.</summary>
    public static string ReadSidecar(ref Utf8JsonReader reader)
    {
        string? path = null;
        while (NextField(ref reader))
        {
            if (Is(ref reader, "path"u8))
                path = reader.GetString();
            else
                Skip(ref reader);
        }

        return path ?? throw new JsonException("A sidecar action has no path.");
    }

    public static TransactionMark ReadTransaction(ref Utf8JsonReader reader)
    {
        string? appId = null;
        long? version = null;
        long? updated = null;
        while (NextField(ref reader))
        {
            if (Is(ref reader, "appId"u8))
                appId = reader.GetString();
            else if (Is(ref reader, "version"u8))
                version = reader.GetInt64();
            else if (Is(ref reader, "lastUpdated"u8))
                updated = ReadLong(ref reader);
            else
                Skip(ref reader);
        }

        return new TransactionMark(
            appId ?? throw new JsonException("A txn action has no appId."),
            version ?? throw new JsonException("A txn action has no version."),
            updated);
    }

    public static TableProtocol ReadProtocol(ref Utf8JsonReader reader)
    {
        var (minReader, minWriter) = (0, 0);
        List<string> readerFeatures = [];
        List<string> writerFeatures = [];
        while (NextField(ref reader))
        {
            if (Is(ref reader, "minReaderVersion"u8))
                minReader = reader.GetInt32();
            else if (Is(ref reader, "minWriterVersion"u8))
                minWriter = reader.GetInt32();
            else if (Is(ref reader, "readerFeatures"u8))
                readerFeatures = ReadList(ref reader);
            else if (Is(ref reader, "writerFeatures"u8))
                writerFeatures = ReadList(ref reader);
            else
                Skip(ref reader);
        }

        return minReader > 0 && minWriter > 0
            ? new TableProtocol(minReader, minWriter, readerFeatures, writerFeatures)
            : throw new JsonException("A protocol action lacks its versions.");
    }

    public static TableMetadata ReadMetadata(ref Utf8JsonReader reader)
    {
        string? id = null, name = null, description = null, schema = null;
        var provider = "parquet";
        long? created = null;
        List<string> partitionColumns = [];
        Dictionary<string, string?> configuration = [];
        while (NextField(ref reader))
        {
            if (Is(ref reader, "id"u8))
                id = reader.GetString();
            else if (Is(ref reader, "name"u8))
                name = reader.GetString();
            else if (Is(ref reader, "description"u8))
                description = reader.GetString();
            else if (Is(ref reader, "schemaString"u8))
                schema = reader.GetString();
            else if (Is(ref reader, "partitionColumns"u8))
                partitionColumns = ReadList(ref reader);
            else if (Is(ref reader, "configuration"u8))
                configuration = ReadMap(ref reader) ?? [];
            else if (Is(ref reader, "createdTime"u8))
                created = ReadLong(ref reader);
            else if (Is(ref reader, "format"u8))
                provider = ReadProvider(ref reader);
            else
                Skip(ref reader);
        }

        return new TableMetadata(
            id ?? "", name, description, schema ?? "", partitionColumns,
            configuration.ToDictionary(p => p.Key, p => p.Value ?? ""), created, provider);
    }

    public static void Write(Utf8JsonWriter writer, DataFile file, bool dataChange)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("add");
        writer.WriteString("path", file.Path);
        WriteMap(writer, "partitionValues", file.PartitionValues);
        writer.WriteNumber("size", file.Size);
        writer.WriteNumber("modificationTime", file.ModifiedAt.ToUnixTimeMilliseconds());
        writer.WriteBoolean("dataChange", dataChange);
        if (file.Stats is not null)
            writer.WriteString("stats", file.Stats);
        if (file.Tags.Count > 0)
            WriteMap(writer, "tags", file.Tags);
        WriteVector(writer, file.Vector);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, Tombstone tombstone, bool dataChange)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("remove");
        writer.WriteString("path", tombstone.Path);
        if (tombstone.DeletionTimestamp is { } deleted)
            writer.WriteNumber("deletionTimestamp", deleted);
        writer.WriteBoolean("dataChange", dataChange);
        writer.WriteBoolean("extendedFileMetadata", tombstone is { Size: not null, PartitionValues: not null });
        if (tombstone is { Size: { } size, PartitionValues: { } partition })
        {
            WriteMap(writer, "partitionValues", partition);
            writer.WriteNumber("size", size);
        }

        WriteVector(writer, tombstone.Vector);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, TransactionMark mark)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("txn");
        writer.WriteString("appId", mark.AppId);
        writer.WriteNumber("version", mark.Version);
        if (mark.LastUpdated is { } updated)
            writer.WriteNumber("lastUpdated", updated);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, TableProtocol protocol)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("protocol");
        writer.WriteNumber("minReaderVersion", protocol.MinReader);
        writer.WriteNumber("minWriterVersion", protocol.MinWriter);
        if (protocol.MinReader >= 3)
            WriteList(writer, "readerFeatures", protocol.ReaderFeatures);
        if (protocol.MinWriter >= 7)
            WriteList(writer, "writerFeatures", protocol.WriterFeatures);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, TableMetadata metadata)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("metaData");
        writer.WriteString("id", metadata.Id);
        if (metadata.Name is not null)
            writer.WriteString("name", metadata.Name);
        if (metadata.Description is not null)
            writer.WriteString("description", metadata.Description);
        writer.WriteStartObject("format");
        writer.WriteString("provider", metadata.Provider);
        writer.WriteStartObject("options");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteString("schemaString", metadata.SchemaString);
        WriteList(writer, "partitionColumns", metadata.PartitionColumns);
        WriteMap(writer, "configuration", metadata.Configuration);
        if (metadata.CreatedTime is { } created)
            writer.WriteNumber("createdTime", created);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter writer, DeletionVector? vector)
    {
        if (vector is null)
            return;
        writer.WriteStartObject("deletionVector");
        writer.WriteString("storageType", vector.StorageType);
        writer.WriteString("pathOrInlineDv", vector.PathOrInline);
        if (vector.Offset is { } offset)
            writer.WriteNumber("offset", offset);
        writer.WriteNumber("sizeInBytes", vector.SizeInBytes);
        writer.WriteNumber("cardinality", vector.Cardinality);
        writer.WriteEndObject();
    }

    private static void WriteMap<TValue>(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, TValue> map)
        where TValue : class?
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in map)
            writer.WriteString(key, value as string);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    /// <summary>Steps from an action's name or a field's value to the next field's name; false at the object's end.</summary>
    private static bool NextField(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName && reader.Read() && reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("An action is no JSON object.");
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Steps onto the value when the field has this name.</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();

    private static DeletionVector? ReadVector(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        string? type = null, path = null;
        int? offset = null;
        var size = 0;
        var cardinality = 0L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "storageType"u8))
                type = reader.GetString();
            else if (Is(ref reader, "pathOrInlineDv"u8))
                path = reader.GetString();
            else if (Is(ref reader, "offset"u8))
                offset = (int?)ReadLong(ref reader);
            else if (Is(ref reader, "sizeInBytes"u8))
                size = reader.GetInt32();
            else if (Is(ref reader, "cardinality"u8))
                cardinality = reader.GetInt64();
            else
                Skip(ref reader);
        }

        return type is not null && path is not null
            ? new DeletionVector(type, path, offset, size, cardinality)
            : throw new JsonException("A deletionVector lacks its storageType or its pathOrInlineDv.");
    }

    private static long? ReadLong(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? null : reader.GetInt64();

    private static Dictionary<string, string?>? ReadMap(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        var map = new Dictionary<string, string?>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            map[key] = reader.GetString();
        }

        return map;
    }

    private static List<string> ReadList(ref Utf8JsonReader reader)
    {
        var list = new List<string>();
        while (reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(reader.GetString()!);
        return list;
    }

    private static string ReadProvider(ref Utf8JsonReader reader)
    {
        var provider = "parquet";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "provider"u8))
                provider = reader.GetString() ?? provider;
            else
                Skip(ref reader);
        }

        return provider;
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
            reader.Read();
        reader.Skip();
    }
}
