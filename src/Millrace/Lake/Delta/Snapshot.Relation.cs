using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Lake.Delta;

public sealed partial class Snapshot
{
    /// <summary>All rows, in the order of the files.</summary>
    public Relation ToRelation() => FileRelation.Of(Folder, Stored, PartitionColumns, Files);

    /// <summary>The rows whose time lies in the set; files that cannot hold such a row by their statistics are not opened.</summary>
    /// <param name="within">The whole of time gives all rows, those without a time too. Any other set leaves them out.</param>
    /// <param name="timeColumn">A column of type DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE. A date lies in the set when its midnight in
    /// UTC does.</param>
    /// <exception cref="LakeException">There is no such column, or it holds no times.</exception>
    public Relation ToRelation(IntervalSet within, string timeColumn)
    {
        if (within.IsAll)
            return ToRelation();

        var filter = new TimeFilter(this, timeColumn, within);
        var files = Files.Where(f => filter.Place(f) != Placement.Outside).ToList();
        var relation = FileRelation.Of(Folder, Stored, PartitionColumns, files);
        return files.Count == 0 ? relation : relation with { Sql = $"SELECT * FROM ({relation.Sql}) WHERE {filter.Condition}" };
    }
}
