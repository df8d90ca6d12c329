using System.Globalization;
using System.Text;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Lake.Delta;

/// <summary>Data files as one relation.</summary>
/// <remarks>
/// Our own files say which columns they have (<see cref="ColumnMark"/>). Where these are the wanted ones, plain <c>read_parquet</c>
/// does. Elsewhere the wanted schema is handed to it, by name: a column that a file lacks is NULL, one of another type is cast, one
/// that the table lacks is not read, in nested types too, and no file is opened before its rows are wanted. We do not always do so,
/// because the engine then reads a single file with a single thread. The row count is given too, since the engine guesses it from the
/// first file, or, with a schema, not at all.
/// </remarks>
internal static class FileRelation
{
    /// <summary>Beyond this many changes between plain and other files one reading with the schema is simpler for the engine.</summary>
    private const int MaxParts = 8;

    private const string ChangeType = "_change_type";

    /// <summary>Columns that the engine adds of itself to every file.</summary>
    private static readonly string[] Virtual = [RowFilter.FileIndex, RowFilter.RowNumber, "filename"];

    public static Relation Of(string folder, Schema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files) =>
        Of(folder, StoredSchema.Of(schema), partitionColumns, files);

    /// <exception cref="LakeException">A file lies outside of the folder, its deleted rows cannot be read, or a value of a partition is
    /// none of its column's type.</exception>
    public static Relation Of(string folder, StoredSchema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files)
    {
        if (files.Count == 0)
            return Relation.Empty(schema.Logical);

        var mark = partitionColumns.Count == 0 && schema.IsAsStored ? ColumnMark.Of(schema.Logical) : null;
        var parts = new List<(bool IsPlain, List<DataFile> Files)>();
        foreach (var file in files)
        {
            var isPlain = mark is not null && file.Vector is null && file.Tags.GetValueOrDefault(ColumnMark.Tag) == mark;
            if (parts.Count == 0 || parts[^1].IsPlain != isPlain)
                parts.Add((isPlain, []));
            parts[^1].Files.Add(file);
        }

        if (parts.Count > MaxParts)
            parts = [(false, [.. files])];
        var selects = parts.SelectMany(p => p.IsPlain
            ? [Plain(folder, schema.Logical, p.Files)]
            : WithSchema(folder, schema, partitionColumns, [.. p.Files.Select(f => FileRows.Of(folder, f))])).ToList();
        return new Relation(Union(selects), schema.Logical);
    }

    /// <summary>The rows with one column more: the number, from 0, of the file in the list that a row comes from.</summary>
    public static string Numbered(
        string folder, StoredSchema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files, string number)
    {
        var rows = files.Select(f => FileRows.Of(folder, f)).ToList();
        if (!schema.NeedsLayout)
            return Select(folder, schema, partitionColumns, rows, null, Number(0));
        var selects = new List<string>();
        var first = 0;
        foreach (var (layout, group) in FileLayout.Group(folder, schema, files))
        {
            selects.Add(Select(folder, schema.With(layout), partitionColumns, rows.GetRange(first, group.Count), null, Number(first)));
            first += group.Count;
        }

        return Union(selects);

        string Number(int from) => FormattableString.Invariant($", CAST({RowFilter.FileIndex} AS BIGINT) + {from} AS {SqlName.Quote(number)}");
    }

    /// <summary>Some rows of each file, under the table's columns.</summary>
    /// <param name="times">For rows of the change feed, the time of each version: three columns more tell of the change.</param>
    public static IEnumerable<string> WithSchema(
        string folder, StoredSchema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<FileRows> files,
        IReadOnlyDictionary<long, DateTimeOffset>? times = null)
    {
        if (!schema.NeedsLayout)
            return [Select(folder, schema, partitionColumns, files, times)];
        var rest = new Queue<FileRows>(files);
        return FileLayout.Group(folder, schema, [.. files.Select(f => f.File)]).Select(g => Select(
            folder, schema.With(g.Layout), partitionColumns, [.. g.Files.Select(_ => rest.Dequeue())], times)).ToList();
    }

    public static string Union(IReadOnlyList<string> selects) =>
        selects.Count == 1 ? selects[0] : $"SELECT * FROM ({string.Join(" UNION ALL ", selects)})";

    /// <summary>A path in which the engine sees no pattern.</summary>
    public static string Literally(string path)
    {
        if (path.AsSpan().IndexOfAny('[', '*', '?') < 0)
            return path;

        var literal = new StringBuilder();
        foreach (var c in path)
        {
            if (c is '[' or '*' or '?')
                literal.Append('[').Append(c).Append(']');
            else
                literal.Append(c);
        }

        return literal.ToString();
    }

    private static string Plain(string folder, Schema schema, List<DataFile> files)
    {
        var sql = new StringBuilder("SELECT ").AppendJoin(", ", schema.Columns.Select(c => SqlName.Quote(c.Name)));
        AppendFiles(sql, folder, [.. files.Select(FileRows.Whole)]);
        return sql.Append(')').ToString();
    }

    private static string Select(
        string folder, StoredSchema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<FileRows> files,
        IReadOnlyDictionary<long, DateTimeOffset>? times, string more = "")
    {
        var sql = new StringBuilder("SELECT ");
        var stored = new StringBuilder();
        for (var i = 0; i < schema.Columns.Count; i++)
        {
            var column = schema.Columns[i];
            if (i > 0)
                sql.Append(", ");
            if (partitionColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
            {
                AppendPartition(sql, folder, column, files);
                continue;
            }

            var alias = Virtual.Contains(column.Name, StringComparer.OrdinalIgnoreCase) ? $"{column.Name} of the table" : column.Name;
            var shaped = column.Type.Shape(SqlName.Quote(alias));
            sql.Append(shaped);
            if (alias != column.Name || !column.Type.IsAsStored)
                sql.Append(" AS ").Append(SqlName.Quote(column.Name));
            AppendStored(stored, column.StoredName, alias, column.Type.FileSql);
        }

        sql.Append(more);
        if (times is not null)
            AppendChange(sql, stored, files, times);
        AppendFiles(sql, folder, files);
        if (stored.Length > 0)
            sql.Append(", schema=MAP {").Append(stored).Append('}');
        sql.Append(')');
        return RowFilter.OfFiles([.. files.Select(f => f.Condition)]) is { } condition
            ? sql.Append(" WHERE ").Append(condition).ToString()
            : sql.ToString();
    }

    private static void AppendStored(StringBuilder stored, string name, string alias, string type)
    {
        if (stored.Length > 0)
            stored.Append(", ");
        stored.Append(SqlName.Text(name)).Append(": {'name': ").Append(SqlName.Text(alias)).Append(", 'type': ").Append(SqlName.Text(type))
            .Append(", 'default_value': NULL}");
    }

    private static void AppendChange(
        StringBuilder sql, StringBuilder stored, IReadOnlyList<FileRows> files, IReadOnlyDictionary<long, DateTimeOffset> times)
    {
        const string OfFile = $"[CAST({RowFilter.FileIndex} AS BIGINT) + 1]";
        var changes = files.Select(f => f.Change!.Value).ToList();
        if (changes[0].Type is null)
        {
            AppendStored(stored, ChangeType, ChangeType, DataType.String.Sql);
            sql.Append(", ").Append(ChangeType);
        }
        else
        {
            sql.Append(", [").AppendJoin(", ", changes.Select(c => SqlName.Text(c.Type!))).Append(']').Append(OfFile)
                .Append(" AS ").Append(ChangeType);
        }

        sql.Append(", CAST([").AppendJoin(", ", changes.Select(c => c.Version)).Append("] AS BIGINT[])").Append(OfFile)
            .Append(" AS _commit_version, CAST([")
            .AppendJoin(", ", changes.Select(c =>
                times[c.Version].UtcDateTime.ToString("\\'yyyy-MM-dd HH:mm:ss.ffffff+00\\'", CultureInfo.InvariantCulture)))
            .Append("] AS TIMESTAMPTZ[])").Append(OfFile).Append(" AS _commit_timestamp");
    }

    private static void AppendFiles(StringBuilder sql, string folder, IReadOnlyList<FileRows> files)
    {
        sql.Append(" FROM read_parquet([");
        for (var i = 0; i < files.Count; i++)
            sql.Append(i > 0 ? ", " : "").Append(SqlName.Text(Literally(files[i].File.FullPath(folder))));
        sql.Append("], hive_partitioning=false");
        if (files.Aggregate((long?)0, (sum, file) => sum + file.Count) is { } rows)
            sql.Append(CultureInfo.InvariantCulture, $", explicit_cardinality={rows}");
    }

    private static void AppendPartition(StringBuilder sql, string folder, StoredField column, IReadOnlyList<FileRows> files)
    {
        var type = column.Type.Logical;
        var values = files.Select(f => f.File.PartitionValue(column.LogName)).ToList();
        if (values.TrueForAll(v => v == values[0]))
            sql.Append(CultureInfo.InvariantCulture, $"CAST({Literal(folder, column, values[0])} AS {type.Sql})");
        else
            sql.Append("CAST([").AppendJoin(", ", values.Select(v => Literal(folder, column, v)))
                .Append(CultureInfo.InvariantCulture, $"] AS {type.Sql}[])[CAST({RowFilter.FileIndex} AS BIGINT) + 1]");
        sql.Append(" AS ").Append(SqlName.Quote(column.Name));
    }

    /// <summary>The protocol writes NULL as an empty text, bytes as the characters of their numbers, and an instant with a zone or, if
    /// without one, in UTC.</summary>
    private static string Literal(string folder, StoredField column, string? value)
    {
        if (value is null)
            return "NULL";
        var type = column.Type.Logical;
        if (type == DataType.Binary)
            return $"encode({SqlName.Text(value)})";
        if (type == DataType.Boolean || type.IsTime || type.IsNumeric)
            return SqlName.Text(PartitionText.Canonical(type, value) ?? throw new LakeException(
                $"A file of the table '{folder}' has the value '{value}' of the partition column '{column.Name}', which is no {type}."));
        return SqlName.Text(value);
    }
}
