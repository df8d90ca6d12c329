using System.Text;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Lake.Delta;

/// <summary>Data files as one relation.</summary>
/// <remarks>
/// The wanted schema is handed to <c>read_parquet</c>, by name: a column that a file lacks is NULL, one of an older type is cast, one that the
/// table lacks is not read, in nested types too, and no file is opened before its rows are wanted. A SELECT with casts on top of plain
/// <c>read_parquet</c> would have to open every file first to learn which columns it has.
/// </remarks>
internal static class FileRelation
{
    private const string FileIndex = "file_index";

    public static Relation Of(string folder, Schema schema, IReadOnlyList<string> partitionColumns, IReadOnlyList<DataFile> files)
    {
        if (files.Count == 0)
            return Relation.Empty(schema);

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

        sql.Append(" FROM read_parquet([");
        for (var i = 0; i < files.Count; i++)
            sql.Append(i > 0 ? ", " : "").Append(SqlName.Text(Literally(files[i].FullPath(folder))));
        sql.Append("], hive_partitioning=false");
        if (stored.Length > 0)
            sql.Append(", schema=MAP {").Append(stored).Append('}');
        return new Relation(sql.Append(')').ToString(), schema);
    }

    private static void AppendPartition(StringBuilder sql, Column column, IReadOnlyList<DataFile> files)
    {
        var values = files.Select(f => f.PartitionValues.FirstOrDefault(p => p.Key.Equals(column.Name, StringComparison.OrdinalIgnoreCase)).Value).ToList();
        var list = $"[{string.Join(", ", values.Select(v => Literal(column, v)))}]";
        if (values.TrueForAll(v => v == values[0]))
            sql.Append("CAST(").Append(Literal(column, values[0])).Append(" AS ").Append(column.Type.Sql).Append(')');
        else
            sql.Append("CAST(").Append(list).Append(" AS ").Append(column.Type.Sql).Append("[])[CAST(").Append(FileIndex).Append(" AS BIGINT) + 1]");
        sql.Append(" AS ").Append(SqlName.Quote(column.Name));
    }

    /// <summary>The protocol writes NULL as an empty text, and bytes as the characters of their numbers.</summary>
    private static string Literal(Column column, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "NULL";
        return column.Type == DataType.Binary ? $"encode({SqlName.Text(value)})" : SqlName.Text(value);
    }

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
}
