using Millrace.Assets;
using Millrace.Lake.Storage;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>Writes the rows of a SELECT aside: into the table's folder, under names that no log entry names yet, so that a commit
    /// moves nothing.</summary>
    /// <param name="connection">A connection that sees what the SELECT reads. Rows keep their order as its
    /// <c>preserve_insertion_order</c> says.</param>
    /// <param name="select">One SELECT without a semicolon; it gives at least the schema's columns.</param>
    /// <param name="schema">The columns to write, each cast to its type.</param>
    /// <param name="options">Sizes, tags and the present moment.</param>
    /// <exception cref="DuckException">The SELECT failed, or a value does not fit its column. Nothing is left behind.</exception>
    /// <exception cref="LakeException">A column that must not be NULL is. Nothing is left behind.</exception>
    public StagedFiles Stage(DuckConnection connection, string select, Schema schema, StageOptions options)
    {
        DurableFile.MakeFolder(Folder);
        Directory.CreateDirectory(_log.Path);
        var prefix = $"part-{Guid.NewGuid():D}-";
        var columns = string.Join(", ", schema.Columns.Select(c => $"CAST({SqlName.Quote(c.Name)} AS {c.Type.Sql}) AS "
            + $"{SqlName.Quote(c.Name)}"));
        var copy = $"""
            COPY (SELECT {columns} FROM (
            {select}
            )) TO {SqlName.Text(Folder)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {options.RowGroupSize},
                FILE_SIZE_BYTES {options.TargetFileBytes}, FILENAME_PATTERN {SqlName.Text(prefix + "{i}")},
                OVERWRITE_OR_IGNORE true, RETURN_STATS true)
            """;
        var files = new List<WrittenFile>();
        try
        {
            foreach (var row in connection.Query(copy).Rows())
            {
                var file = WrittenFile.Of(row, schema);
                var path = Path.Combine(Folder, file.Name);
                if (file.Rows == 0)
                {
                    File.Delete(path);
                    continue;
                }

                DurableFile.Flush(path);
                files.Add(file);
            }

            CheckNulls(schema, files);
            DurableFile.FlushFolder(Folder);
        }
        catch
        {
            foreach (var left in Directory.EnumerateFiles(Folder, prefix + "*"))
                File.Delete(left);
            throw;
        }

        Failpoint.Pass(options.FailpointPrefix + ".staged");
        return new StagedFiles(Folder, schema, files, options);
    }

    private void CheckNulls(Schema schema, List<WrittenFile> files)
    {
        foreach (var column in schema.Columns.Where(c => !c.IsNullable && !c.Type.IsNested))
        {
            var nulls = files.Sum(f => f.Find(column.Name)?.NullCount ?? 0);
            if (nulls > 0)
                throw new LakeException($"The column {column} of the table '{Folder}' must not be NULL, but {nulls} of "
                    + $"{files.Sum(f => f.Rows)} new rows have NULL there.");
        }
    }
}
