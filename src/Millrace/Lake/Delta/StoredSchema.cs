using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>The columns of a table as they lie in its files.</summary>
internal sealed class StoredSchema
{
    private StoredSchema(IReadOnlyList<StoredField> columns, Schema logical)
    {
        Columns = columns;
        Logical = logical;
        IsAsStored = columns.All(c => c.Name == c.StoredName && c.Type.IsAsStored);
        NeedsLayout = columns.Any(c => c.Id is not null || c.Type.HasVariant);
    }

    public IReadOnlyList<StoredField> Columns { get; }

    /// <summary>What readers see.</summary>
    public Schema Logical { get; }

    /// <summary>True when the files hold what readers see, under the same names.</summary>
    public bool IsAsStored { get; }

    /// <summary>True when only a file itself tells where in it the columns lie.</summary>
    public bool NeedsLayout { get; }

    /// <summary>A schema whose files hold what readers see.</summary>
    public static StoredSchema Of(Schema schema) =>
        new([.. schema.Columns.Select(c => new StoredField(c.Name, c.Name, c.Name, null, StoredType.Of(c.Type), c.IsNullable))], schema);

    /// <summary>Reads a <c>schemaString</c>.</summary>
    public static StoredSchema Parse(string schemaString, ColumnMapping mapping)
    {
        var columns = JsonNode.Parse(schemaString)!["fields"]!.AsArray().Select(f => StoredField.Parse(f!, mapping)).ToList();
        return new StoredSchema(columns, new Schema([.. columns.Select(c => c.Logical)]));
    }

    /// <summary>The same columns as they lie in the files of a layout.</summary>
    public StoredSchema With(FileLayout layout) => new([.. Columns.Select(c => c.With(layout))], Logical);

    public StoredField? Find(string name) => Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
