using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>What a data file itself says of its columns: their numbers, and the form of its variants.</summary>
internal sealed class FileLayout
{
    private readonly Dictionary<int, string> _names;
    private readonly HashSet<string> _nativeVariants;

    private FileLayout(Dictionary<int, string> names, HashSet<string> nativeVariants)
    {
        _names = names;
        _nativeVariants = nativeVariants;
    }

    /// <summary>The files in runs of one layout, in their order.</summary>
    /// <exception cref="LakeException">A file cannot be read, or holds variants in a form that we lack.</exception>
    public static IReadOnlyList<(FileLayout Layout, IReadOnlyList<DataFile> Files)> Group(
        string folder, StoredSchema schema, IReadOnlyList<DataFile> files)
    {
        var layouts = new Dictionary<string, FileLayout>(StringComparer.Ordinal);
        var runs = new List<(FileLayout Layout, IReadOnlyList<DataFile> Files)>();
        using var connection = LogEngine.Connect();
        foreach (var file in files)
        {
            var path = FileRelation.Literally(file.FullPath(folder));
            try
            {
                var rows = connection.Query($"SELECT name, field_id, num_children::BIGINT FROM parquet_schema({SqlName.Text(path)})")
                    .Rows().Skip(1).ToList();
                var text = string.Join('\n', rows.Select(r => $"{r[0]}\t{r[1]}\t{r[2]}"));
                if (!layouts.TryGetValue(text, out var layout))
                    layouts[text] = layout = Of(connection, path, file, schema, rows);
                if (runs.Count > 0 && runs[^1].Layout == layout)
                    ((List<DataFile>)runs[^1].Files).Add(file);
                else
                    runs.Add((layout, new List<DataFile> { file }));
            }
            catch (DuckException e)
            {
                throw new LakeException($"The file '{file.Path}' of the table '{folder}' cannot be read: {e.Message}", e);
            }
        }

        return runs;
    }

    /// <summary>The file's name of the field with this number. A file without any numbers is trusted by the physical names; in one with
    /// numbers a field that is not there has a name that no column has.</summary>
    public string NameOf(int id, string physicalName) =>
        _names.Count == 0 ? physicalName : _names.TryGetValue(id, out var name) ? name : $"no field of number {id}";

    /// <summary>True when the file announces the variants of this top-level column as such.</summary>
    public bool IsNativeVariant(string column) => _nativeVariants.Contains(column);

    private static FileLayout Of(DuckConnection connection, string path, DataFile file, StoredSchema schema, List<object?[]> rows)
    {
        var names = new Dictionary<int, string>();
        foreach (var row in rows)
        {
            if (row[1] is not null)
                names[Convert.ToInt32(row[1], System.Globalization.CultureInfo.InvariantCulture)] = (string)row[0]!;
        }

        var native = new HashSet<string>(StringComparer.Ordinal);
        if (schema.Columns.Any(c => c.Type.HasVariant))
        {
            var types = connection.Query($"DESCRIBE SELECT * FROM read_parquet({SqlName.Text(path)}, hive_partitioning=false)")
                .Rows().ToDictionary(r => (string)r[0]!, r => (string)r[1]!, StringComparer.Ordinal);
            native = [.. types.Where(t => t.Value.Contains("VARIANT", StringComparison.Ordinal)).Select(t => t.Key)];
            foreach (var column in schema.Columns.Where(c => c.Type.HasVariant))
            {
                var stored = column.Id is { } id ? names.GetValueOrDefault(id, column.LogName) : column.LogName;
                if (!native.Contains(stored) && types.TryGetValue(stored, out var type)
                    && type.Contains("typed_value", StringComparison.Ordinal))
                    throw new LakeException($"The file '{file.Path}' has the variant column '{column.Name}' shredded into typed "
                        + "values without announcing it as a variant (Delta feature 'variantShredding-preview'), which Millrace "
                        + "does not support.");
            }
        }

        return new FileLayout(names, native);
    }
}
