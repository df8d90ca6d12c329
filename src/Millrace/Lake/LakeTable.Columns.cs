using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const string MappingMode = "delta.columnMapping.mode";

    /// <summary>The base with one column more, which is NULL in the rows it has. No file is touched.</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="column">The new column; it may be NULL.</param>
    /// <param name="after">The column before it; null puts it last.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is one of that name, or it must not be NULL.</exception>
    public CommitRequest AddColumn(Snapshot @base, Column column, string? after, CommitStamp stamp)
    {
        CheckFree(@base, column.Name);
        if (!column.IsNullable)
            throw new LakeException($"The new column {column} of the table '{Folder}' must allow NULL, since the rows that stand have "
                + $"no value for it.");
        if (after is not null)
            _ = Known(@base, after);

        // Without column mapping a column that another writer dropped, or that lies in the files by accident, would come to life again; of
        // this the
        // protocol has no knowledge either.
        var maxId = @base.Configuration.TryGetValue(SchemaText.MaxId, out var text) ? long.Parse(text, CultureInfo.InvariantCulture)
            : (long?)null;
        var schema = SchemaText.Add(@base.Metadata.SchemaString, column, after, ref maxId);
        return ChangeColumns(@base, schema, stamp, "ADD COLUMNS", column.Name) with
        {
            Configuration = maxId is null ? null : new Dictionary<string,
                string>(@base.Configuration) { [SchemaText.MaxId] = Text(maxId.Value) },
        };
    }

    /// <summary>The base with a column of a wider type: one that holds every value of the old one.</summary>
    /// <remarks>Where the table has the property <c>delta.enableTypeWidening</c> no file is touched, and readers must know that feature.
    /// Elsewhere every file is written anew.</remarks>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="type">Its new type.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is no such column, or the type does not hold every value.</exception>
    public CommitRequest WidenColumn(DuckConnection connection, Snapshot @base, string column, DataType type, CommitStamp stamp)
    {
        var known = Known(@base, column);
        if (!TypeWidening.Holds(known.Type, type))
            throw new LakeException($"The column {known} of the table '{Folder}' cannot become {type}: not every value of {known.Type} "
                + $"is one. "
                + "Compute the table anew with the other type instead.");
        var isPartition = @base.PartitionColumns.Contains(known.Name, StringComparer.OrdinalIgnoreCase);
        if (isPartition || TableProtocol.IsOn(@base.Configuration, "delta.enableTypeWidening"))
            return ChangeColumns(@base, SchemaText.Widen(@base.Metadata.SchemaString, known.Name, type), stamp, "CHANGE COLUMN",
                known.Name);

        var schema = new Schema([.. @base.Schema.Columns.Select(c => c == known ? c with { Type = type } : c)]);
        var staged = new List<StagedFiles>();
        return Guarded(staged, () =>
        {
            foreach (var alike in @base.Files.GroupBy(TagText))
                staged.Add(Stage(connection, RowsOf(@base, [.. alike]), schema, OptionsOf(@base, stamp)
                    with { Tags = alike.First().Tags }));
            return Change(@base, stamp, "CHANGE COLUMN") with
            {
                Schema = schema,
                SchemaString = SchemaText.Carry(schema, @base.Metadata.SchemaString),
                Add = [.. staged.SelectMany(s => s.Files)],
                RemovesAll = true,
                Parameters = new Dictionary<string, string> { ["column"] = known.Name, ["type"] = type.Sql },
                Staged = [.. staged],
            };
        });
    }

    /// <summary>The base with column mapping (by name): from now on columns can be renamed and dropped without touching a file. Readers and
    /// writers must know this feature, protocol (2,5).</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest MapColumns(Snapshot @base, CommitStamp stamp)
    {
        if (IsMapped(@base))
            return Change(@base, stamp, "SET TBLPROPERTIES");
        var (schema, maxId) = SchemaText.Map(@base.Metadata.SchemaString);
        return Change(@base, stamp, "SET TBLPROPERTIES") with
        {
            SchemaString = schema,
            Configuration = new Dictionary<string,
                string>(@base.Configuration) { [MappingMode] = "name", [SchemaText.MaxId] = Text(maxId) },
            Parameters = new Dictionary<string, string> { ["properties"] = $$"""{"{{MappingMode}}":"name"}""" },
        };
    }

    /// <summary>The base with another name for a column. No file is touched.</summary>
    /// <param name="base">The version to build on; it has column mapping.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="name">Its new name.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is no such column, the name is taken, a constraint names the column, or the table has no
    /// column
    /// mapping.</exception>
    public CommitRequest RenameColumn(Snapshot @base, string column, string name, CommitStamp stamp)
    {
        var known = Unbound(@base, column, "renamed");
        if (!known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            CheckFree(@base, name);
        return ChangeColumns(@base, SchemaText.Rename(@base.Metadata.SchemaString, known.Name, name), stamp, "RENAME COLUMN",
            known.Name) with
        {
            PartitionColumns = [.. @base.PartitionColumns.Select(p => p.Equals(known.Name, StringComparison.OrdinalIgnoreCase) ? name : p)],
        };
    }

    /// <summary>The base without a column. No file is touched: the values stay in them until they are written anew.</summary>
    /// <param name="base">The version to build on; it has column mapping.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is no such column, the table is partitioned by it, it is the last one, a constraint names it,
    /// or
    /// the table has no column mapping.</exception>
    public CommitRequest DropColumn(Snapshot @base, string column, CommitStamp stamp)
    {
        var known = Unbound(@base, column, "dropped");
        if (@base.PartitionColumns.Contains(known.Name, StringComparer.OrdinalIgnoreCase))
            throw new LakeException($"The column '{known.Name}' cannot be dropped: the table '{Folder}' is partitioned by it.");
        if (@base.Schema.Columns.Count - @base.PartitionColumns.Count == 1)
            throw new LakeException($"The column '{known.Name}' cannot be dropped: it is the last one that the files of the table "
                + $"'{Folder}' hold.");
        return ChangeColumns(@base, SchemaText.Drop(@base.Metadata.SchemaString, known.Name), stamp, "DROP COLUMNS", known.Name);
    }

    private static bool IsMapped(Snapshot table) => table.Configuration.TryGetValue(MappingMode, out var mode) && mode != "none";

    private Column Unbound(Snapshot table, string column, string what)
    {
        var known = Known(table, column);
        if (!IsMapped(table))
            throw new LakeException($"The column '{known.Name}' of the table '{Folder}' cannot be {what}: files know it by this name. "
                + $"Turn column mapping "
                + "on first, which readers must know; or compute the table anew.");
        var word = new System.Text.RegularExpressions.Regex($@"(?<!\w){System.Text.RegularExpressions.Regex.Escape(known.Name)}(?!\w)",
            System.Text.RegularExpressions.RegexOptions.IgnoreCase);
        return TableConstraint.Of(table.Configuration).FirstOrDefault(c => word.IsMatch(c.Expression)) is { } constraint
            ? throw new LakeException($"The column '{known.Name}' of the table '{Folder}' cannot be {what}: the constraint "
                + $"'{constraint.Name}' ({constraint.Expression}) "
                + "names it. Drop the constraint first.")
            : known;
    }

    private void CheckFree(Snapshot table, string name)
    {
        if (table.Schema.Find(name) is { } taken)
            throw new LakeException($"The table '{Folder}' has the column {taken} already.");
    }

    private static CommitRequest ChangeColumns(Snapshot @base, string schema, CommitStamp stamp, string operation, string column) =>
        Change(@base, stamp, operation) with
        {
            Schema = Schema.FromDelta(schema),
            SchemaString = schema,
            Parameters = new Dictionary<string, string> { ["column"] = column },
        };
}
