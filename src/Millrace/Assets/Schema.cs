using System.Text.Json.Nodes;

namespace Millrace.Assets;

/// <summary>One column: its name, stored type, and whether it may hold NULL.</summary>
public sealed record Column(string Name, DataType Type, bool IsNullable = true)
{
    /// <summary>The field object of a Delta schema.</summary>
    public JsonObject ToDelta() => new() { ["name"] = Name, ["type"] = Type.Delta, ["nullable"] = IsNullable, ["metadata"] = new JsonObject() };

    /// <summary>Reads a field object of a Delta schema.</summary>
    public static Column FromDelta(JsonNode field) => new((string)field["name"]!, DataType.FromDelta(field["type"]!), (bool)field["nullable"]!);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type}{(IsNullable ? "" : " NOT NULL")}";
}

/// <summary>The columns of a relation in order. Names are unique without regard to case, as in SQL.</summary>
public sealed class Schema : IEquatable<Schema>
{
    /// <summary>A schema of these columns.</summary>
    /// <exception cref="FormatException">Two columns have one name.</exception>
    public Schema(IReadOnlyList<Column> columns)
    {
        var twice = columns.GroupBy(c => c.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            throw new FormatException($"Two columns are named '{twice.Key}'. Give each column a name of its own, for example with AS.");
        Columns = columns;
    }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The names in order.</summary>
    public IEnumerable<string> Names => Columns.Select(c => c.Name);

    /// <summary>The column of this name without regard to case, or null.</summary>
    public Column? Find(string name) => Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The <c>schemaString</c> of Delta metadata.</summary>
    public string ToDelta() =>
        new JsonObject { ["type"] = "struct", ["fields"] = new JsonArray([.. Columns.Select(c => (JsonNode)c.ToDelta())]) }.ToJsonString();

    /// <summary>Reads a <c>schemaString</c>.</summary>
    public static Schema FromDelta(string schemaString) => new([.. JsonNode.Parse(schemaString)!["fields"]!.AsArray().Select(f => Column.FromDelta(f!))]);

    /// <inheritdoc/>
    public bool Equals(Schema? other) => other is not null && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Schema);

    /// <inheritdoc/>
    public override int GetHashCode() => Columns.Aggregate(17, (hash, column) => HashCode.Combine(hash, column));

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Columns);
}
