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
    private const string FileIndex = "file_index";

    /// <summary>Beyond this many changes between plain and other files one reading with the schema is simpler for the engine.</summary>
    private const int MaxParts = 8;

    public static Relation Of(string folder, Schema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files)
    {
        if (files.Count == 0)
            return Relation.Empty(schema);

        var mark = partitionColumns.Count == 0 ? ColumnMark.Of(schema) : null;
        var parts = new List<(bool IsPlain, List<DataFile> Files)>();
        foreach (var file in files)
        {
            var isPlain = mark is not null && file.Tags.GetValueOrDefault(ColumnMark.Tag) == mark;
            if (parts.Count == 0 || parts[^1].IsPlain != isPlain)
                parts.Add((isPlain, []));
            parts[^1].Files.Add(file);
        }

        if (parts.Count > MaxParts)
            parts = [(false, [.. files])];
        var selects = parts
            .Select(p => p.IsPlain ? Plain(folder, schema, p.Files) : WithSchema(folder, schema, partitionColumns, p.Files))
            .ToList();
        return new Relation(selects.Count == 1 ? selects[0] : $"SELECT * FROM ({string.Join(" UNION ALL ", selects)})", schema);
    }

    /// <summary>The rows with one column more: the number, from 0, of the file in the list that a row comes from.</summary>
    public static string Numbered(string folder, Schema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files, string number) =>
        WithSchema(folder, schema, partitionColumns, [.. files], $", CAST({FileIndex} AS BIGINT) AS {SqlName.Quote(number)}");

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
        AppendFiles(sql, folder, files);
        return sql.Append(')').ToString();
    }

    private static string WithSchema(
        string folder, Schema schema, IReadOnlyList<string> partitionColumns, List<DataFile> files, string more = "")
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
                AppendPartition(sql, column, files);
                continue;
            }

            // The engine has a virtual column of this name, which partition values need.
            var alias = column.Name.Equals(FileIndex, StringComparison.OrdinalIgnoreCase) ? $"{column.Name} of the table" : column.Name;
            sql.Append(SqlName.Quote(alias));
            if (alias != column.Name)
                sql.Append(" AS ").Append(SqlName.Quote(column.Name));
            if (stored.Length > 0)
                stored.Append(", ");
            stored.Append(SqlName.Text(column.Name)).Append(": {'name': ").Append(SqlName.Text(alias))
                .Append(", 'type': ").Append(SqlName.Text(column.Type.Sql)).Append(", 'default_value': NULL}");
        }

        sql.Append(more);
        AppendFiles(sql, folder, files);
        if (stored.Length > 0)
            sql.Append(", schema=MAP {").Append(stored).Append('}');
        return sql.Append(')').ToString();
    }

    private static void AppendFiles(StringBuilder sql, string folder, List<DataFile> files)
    {
        sql.Append(" FROM read_parquet([");
        for (var i = 0; i < files.Count; i++)
            sql.Append(i > 0 ? ", " : "").Append(SqlName.Text(Literally(files[i].FullPath(folder))));
        sql.Append("], hive_partitioning=false");
        if (files.Aggregate((long?)0, (sum, file) => sum + file.Rows) is { } rows)
            sql.Append(CultureInfo.InvariantCulture, $", explicit_cardinality={rows}");
    }

    private static void AppendPartition(StringBuilder sql, Column column, List<DataFile> files)
    {
        var values = files
            .Select(f => f.PartitionValues.FirstOrDefault(p => p.Key.Equals(column.Name, StringComparison.OrdinalIgnoreCase)).Value)
            .ToList();
        if (values.TrueForAll(v => v == values[0]))
            sql.Append(CultureInfo.InvariantCulture, $"CAST({Literal(column, values[0])} AS {column.Type.Sql})");
        else
            sql.Append("CAST([").AppendJoin(", ", values.Select(v => Literal(column, v)))
                .Append(CultureInfo.InvariantCulture, $"] AS {column.Type.Sql}[])[CAST({FileIndex} AS BIGINT) + 1]");
        sql.Append(" AS ").Append(SqlName.Quote(column.Name));
    }

    /// <summary>The protocol writes NULL as an empty text, and bytes as the characters of their numbers.</summary>
    private static string Literal(Column column, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "NULL";
        return column.Type == DataType.Binary ? $"encode({SqlName.Text(value)})" : SqlName.Text(value);
    }
}
