using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>How a table finds its columns in its files: the property <c>delta.columnMapping.mode</c>.</summary>
internal enum ColumnMapping
{
    /// <summary>By the names that readers see.</summary>
    None,

    /// <summary>By the physical names that the schema gives.</summary>
    Name,

    /// <summary>By the numbers that the schema gives and the files repeat.</summary>
    Id,
}

/// <summary>A column, or a field of a nested type: what readers see, and where it lies in the files.</summary>
/// <param name="Name">The name that readers see.</param>
/// <param name="LogName">The name in the log: in the statistics and among the partition values.</param>
/// <param name="StoredName">The name in the files.</param>
/// <param name="Id">The number that stands for the field in the files; null where the table does not map by number.</param>
internal sealed record StoredField(string Name, string LogName, string StoredName, int? Id, StoredType Type, bool IsNullable)
{
    /// <summary>The column that readers see.</summary>
    public Column Logical => new(Name, Type.Logical, IsNullable);

    public static StoredField Parse(JsonNode field, ColumnMapping mapping)
    {
        var name = (string)field["name"]!;
        var metadata = field["metadata"] as JsonObject;
        var type = StoredType.Parse(field["type"]!, mapping);
        var stored = mapping == ColumnMapping.None ? name : (string?)metadata?["delta.columnMapping.physicalName"] ?? name;
        var id = mapping == ColumnMapping.Id
            ? (int?)metadata?["delta.columnMapping.id"]
                ?? throw new FormatException($"The field '{name}' has no 'delta.columnMapping.id', by which its table finds it in the files.")
            : (int?)null;
        return new StoredField(name, stored, stored, id, type, (bool)field["nullable"]!);
    }

    /// <summary>A part of an array or a map, which has no name of its own in the schema.</summary>
    public static StoredField Inner(string name, JsonNode type, bool isNullable, ColumnMapping mapping) =>
        new(name, name, name, null, StoredType.Parse(type, mapping), isNullable);

    /// <summary>The field as it lies in the files of a layout.</summary>
    public StoredField With(FileLayout layout, string? column = null)
    {
        var stored = Id is { } id ? layout.NameOf(id, LogName) : StoredName;
        return this with { StoredName = stored, Type = Type.With(layout, column ?? stored) };
    }
}
