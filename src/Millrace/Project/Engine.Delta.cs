using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Project;

public sealed partial class Engine
{
    /// <summary>Reads the rows of any Delta table on disk, outside of any project.</summary>
    /// <param name="folder">The table's folder, absolute.</param>
    /// <param name="version">This version; null is the newest, or what <paramref name="at"/> says.</param>
    /// <param name="at">The newest version that was committed by then; null does not ask.</param>
    /// <param name="limit">At most so many rows; null for all.</param>
    /// <exception cref="LakeException">There is no such table or version, or it cannot be read.</exception>
    public static QuerySession ScanDelta(string folder, long? version, DateTimeOffset? at, long? limit) =>
        QueryFiles(RowsOf(DeltaTable(folder, version, at), limit));

    /// <summary>Writes the rows of any Delta table on disk into one file, whole or not at all.</summary>
    /// <param name="output">A file whose name ends in <c>.parquet</c> or <c>.csv</c>; one that is there is replaced.</param>
    /// <returns>How many rows were written.</returns>
    /// <exception cref="LakeException">There is no such table or version, or it cannot be read.</exception>
    /// <exception cref="EngineException">The name ends otherwise, or its folder is missing.</exception>
    public static long ExportDelta(string folder, long? version, DateTimeOffset? at, long? limit, string output)
    {
        var options = Path.GetExtension(output).ToLowerInvariant() switch
        {
            ".parquet" => "FORMAT parquet, COMPRESSION zstd",
            ".csv" => "FORMAT csv, HEADER true",
            _ => throw new EngineException($"'{output}' is no file that rows are written to. Its name ends in .parquet or .csv."),
        };
        if (!Directory.Exists(Path.GetDirectoryName(output)))
            throw new EngineException($"'{output}' cannot be written: its folder does not exist.");

        var rows = RowsOf(DeltaTable(folder, version, at), limit);
        var temporary = $"{output}.{Guid.NewGuid():N}.tmp";
        try
        {
            long count;
            using (var session = QueryFiles($"COPY ({rows}) TO {SqlName.Text(temporary)} ({options})"))
                count = Convert.ToInt64(session.Result.Scalar(), System.Globalization.CultureInfo.InvariantCulture);
            File.Move(temporary, output, overwrite: true);
            return count;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Looks at any Delta table on disk.</summary>
    /// <param name="commits">How many of the newest commits to list; 0 for all.</param>
    /// <exception cref="LakeException">There is no such table or version, or it cannot be read.</exception>
    public static DeltaView ShowDelta(string folder, long? version, DateTimeOffset? at, int commits)
    {
        var lake = new LakeTable(folder);
        var table = DeltaTable(folder, version, at);
        var first = commits == 0 ? 0 : Math.Max(0, table.Version - commits + 1);
        return new DeltaView(table, [.. lake.History(first).Where(c => c.Version <= table.Version).Reverse()]);
    }

    private static Snapshot DeltaTable(string folder, long? version, DateTimeOffset? at)
    {
        var table = new LakeTable(folder);
        return at is { } moment ? table.ReadAt(moment)
            : version is { } number ? table.Read(number)
            : table.Latest() ?? throw new LakeException($"There is no table in '{folder}': it has no Delta log.");
    }

    private static string RowsOf(Snapshot table, long? limit) => limit is { } most
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SELECT * FROM ({table.ToRelation().Sql}) LIMIT {most}")
        : table.ToRelation().Sql;
}
