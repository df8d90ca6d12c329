using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Lake.Storage;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>Where change data lies in a table's folder.</summary>
    private const string ChangeFolder = "_change_data";

    /// <summary>Writes the rows of a SELECT aside: into the table's folder, under names that no log entry names yet, so that a commit
    /// moves nothing.</summary>
    /// <param name="connection">A connection that sees what the SELECT reads. Rows keep their order as its
    /// <c>preserve_insertion_order</c> says.</param>
    /// <param name="select">One SELECT without a semicolon; it gives at least the schema's columns.</param>
    /// <param name="schema">The columns to write, each cast to its type.</param>
    /// <param name="options">Sizes, partitions, tags and the present moment.</param>
    /// <exception cref="DuckException">The SELECT failed, or a value does not fit its column. Nothing is left behind.</exception>
    /// <exception cref="LakeException">A column that must not be NULL is, or a partition column cannot be one. Nothing is left
    /// behind.</exception>
    public StagedFiles Stage(DuckConnection connection, string select, Schema schema, StageOptions options)
    {
        var partitions = PartitionsOf(schema, options.For?.PartitionColumns ?? options.PartitionBy);
        var layout = new WriteLayout(new Schema([.. schema.Columns.Except(partitions)]), options.For, Folder);
        var stored = layout.Stored;
        DurableFile.MakeFolder(Folder);
        Directory.CreateDirectory(_log.Path);
        var target = options.IsChangeData ? Path.Combine(Folder, ChangeFolder) : Folder;
        DurableFile.MakeFolder(target);

        // Partitioned files are written below a folder of their own, which vacuum takes for what it is, and moved from there.
        var prefix = $"{(options.IsChangeData ? "cdc" : "part")}-{Guid.NewGuid():D}-";
        var aside = partitions.Count > 0 ? Path.Combine(target, prefix + "aside") : target;
        Directory.CreateDirectory(aside);
        var files = new List<WrittenFile>();
        try
        {
            foreach (var row in connection.Query(CopySql(select, layout, partitions, aside, prefix, options)).Rows())
            {
                var file = WrittenFile.Of(row, stored);
                var path = Path.Combine(aside, (string)row[0]!);
                if (file.Rows == 0)
                {
                    File.Delete(path);
                    continue;
                }

                DurableFile.Flush(path);
                files.Add(partitions.Count > 0 ? Placed(file, partitions, path, target, prefix + files.Count, options) : file);
            }

            if (partitions.Count > 0 && Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            CheckNulls(schema, partitions, files, layout);
            foreach (var folder in files.Select(f => Path.GetDirectoryName(Path.Combine(target, f.Name))!).Append(target).Distinct())
                DurableFile.FlushFolder(folder);
        }
        catch
        {
            files.ForEach(f => File.Delete(Path.Combine(target, f.Name)));
            foreach (var left in Directory.EnumerateFiles(target, prefix + "*"))
                File.Delete(left);
            if (partitions.Count > 0 && Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            throw;
        }

        Failpoint.Pass(options.FailpointPrefix + (options.IsChangeData ? ".changes-staged" : ".staged"));
        return new StagedFiles(Folder, schema, files, options with { PartitionBy = [.. partitions.Select(p => p.Name)] }, layout);
    }

    private string CopySql(
        string select, WriteLayout layout, IReadOnlyList<Column> all, string aside, string prefix, StageOptions options)
    {
        var partitions = options.Partition is null ? all : [];
        var columns = layout.Columns.Concat(partitions.Select((p, i) => $"{PartitionLayout.Sql(p, Folder)} AS {PartitionLayout.Key(i)}"));
        var source = partitions.Count == 0
            ? select
            : $"SELECT * REPLACE ({string.Join(", ", partitions.Select(p => $"CAST({SqlName.Quote(p.Name)} AS {p.Type.Sql}) AS {SqlName.Quote(p.Name)}"))}) "
                + $"FROM (\n{select}\n)";
        var parts = partitions.Count == 0
            ? FormattableString.Invariant($"FILE_SIZE_BYTES {options.TargetFileBytes}")
            : $"PARTITION_BY ({string.Join(", ", partitions.Select((_, i) => PartitionLayout.Key(i)))}), WRITE_PARTITION_COLUMNS false";
        return $"""
            COPY (SELECT {string.Join(", ", columns)} FROM (
            {source}
            )) TO {SqlName.Text(aside)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {options.RowGroupSize},
                {parts}, FILENAME_PATTERN {SqlName.Text(prefix + "{i}")},{layout.FieldIds}
                OVERWRITE_OR_IGNORE true, RETURN_STATS true)
            """;
    }

    private List<Column> PartitionsOf(Schema schema, IReadOnlyList<string> names)
    {
        var partitions = names.Select(n => schema.Find(n) ?? throw new LakeException(
            $"The rows for the table '{Folder}' have no column '{n}' to be partitioned by. They have: "
                + $"{string.Join(", ", schema.Names)}.")).ToList();
        return partitions.Count < schema.Columns.Count
            ? partitions
            : throw new LakeException($"The table '{Folder}' cannot be partitioned by all of its columns: a file must hold one at least.");
    }

    private static WrittenFile Placed(
        WrittenFile file, List<Column> partitions, string path, string target, string name,
        StageOptions options)
    {
        var known = options.Partition;
        var values = partitions.Select((p, i) =>
        {
            var name = options.For?.StoredName(p.Name) ?? p.Name;
            return KeyValuePair.Create(name, known is null ? PartitionLayout.Value(file.PartitionKeys[PartitionLayout.Key(i)]!)
                : known.GetValueOrDefault(name));
        }).ToList();
        var relative = $"{PartitionLayout.Folder(values)}/{name}.parquet".TrimStart('/');
        var place = Path.Combine(target, relative);
        DurableFile.MakeFolder(Path.GetDirectoryName(place)!);
        File.Move(path, place);
        return file.At(relative, values.ToDictionary());
    }

    private void CheckNulls(Schema schema, List<Column> partitions, List<WrittenFile> files, WriteLayout layout)
    {
        foreach (var column in schema.Columns.Where(c => !c.IsNullable && !c.Type.IsNested))
        {
            var nulls = partitions.Contains(column)
                ? files.Where(f => f.PartitionValues[layout.LogName(column.Name)] is null).Sum(f => f.Rows)
                : files.Sum(f => f.Find(layout.LogName(column.Name))?.NullCount ?? 0);
            if (nulls > 0)
                throw new LakeException($"The column {column} of the table '{Folder}' must not be NULL, but {nulls} of "
                    + $"{files.Sum(f => f.Rows)} new rows have NULL there.");
        }
    }
}
