using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base without its rows in the intervals, and the staged rows.</summary>
    /// <remarks>
    /// A file whose rows all lie in the intervals, by its statistics, goes out. One that may hold rows on both sides is written anew
    /// without the rows inside: these copies are staged too, one pass for all files of equal tags. Others are left alone. A row without
    /// a time is in no interval and stays. The whole of time overwrites the table.
    /// </remarks>
    /// <param name="connection">Reads and writes the files that are copied.</param>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows. That they lie in the intervals is the caller's care.</param>
    /// <param name="intervals">What is replaced.</param>
    /// <param name="timeColumn">A column of the base of type DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">The base has no such column, or it holds no times.</exception>
    public CommitRequest ReplaceIntervals(
        DuckConnection connection, Snapshot? @base, StagedFiles staged, IntervalSet intervals, string timeColumn, CommitStamp stamp)
    {
        if (@base is null || intervals.IsAll)
            return Overwrite(@base, staged, stamp);

        CheckPartitions(@base, staged);
        var filter = new TimeFilter(@base, timeColumn, intervals);
        var placed = @base.Files.Select(f => (File: f, Placement: filter.Place(f)))
            .Where(p => p.Placement == Placement.Inside || (p.Placement == Placement.Across && Holds(connection, @base, p.File, filter)))
            .ToList();
        var copies = new List<StagedFiles>();
        try
        {
            foreach (var alike in placed.Where(p => p.Placement == Placement.Across).GroupBy(p => TagText(p.File), p => p.File))
            {
                var files = alike.ToList();
                var kept = $"SELECT * FROM ({RowsOf(@base, files)}) WHERE "
                    + $"({filter.Condition}) IS NOT TRUE";
                var options = new StageOptions
                {
                    Now = stamp.Now, Tags = files[0].Tags, TimeColumn = timeColumn, FailpointPrefix = stamp.FailpointPrefix,
                    For = @base,
                };
                copies.Add(Stage(connection, kept, @base.Schema, options));
            }
        }
        catch
        {
            copies.ForEach(c => c.Discard());
            throw;
        }

        var request = Request(@base, staged, stamp, "WRITE", "Overwrite");
        return request with
        {
            Add = [.. copies.SelectMany(c => c.Files), .. staged.Files],
            Remove = [.. placed.Select(p => p.File)],
            Reads = f => filter.Place(f) != Placement.Outside,
            Parameters = new Dictionary<string, string>(request.Parameters) { ["predicate"] = filter.Condition },
            Staged = [.. copies, staged],
        };
    }

    /// <summary>Bounds are wider than the rows by up to a millisecond, so one look saves copying the neighbours of an interval.</summary>
    private bool Holds(DuckConnection connection, Snapshot table, DataFile file, TimeFilter filter) =>
        connection.Query($"SELECT 1 FROM ({RowsOf(table, [file])}) WHERE "
            + $"{filter.Condition} LIMIT 1").Scalar() is not null;

    private static string TagText(DataFile file) =>
        string.Join('\u0001', file.Tags.Where(t => t.Key is not (ColumnMark.Tag or ClusterTag))
            .OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}\u0002{t.Value}"));
}
