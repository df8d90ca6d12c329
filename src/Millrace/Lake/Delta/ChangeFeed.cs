using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Lake.Delta;

/// <summary>Rows that some commits brought and took, gathered commit by commit.</summary>
internal sealed class ChangeFeed(Snapshot end)
{
    private const string Property = "delta.enableChangeDataFeed";

    private readonly List<FileRows> _derived = [];
    private readonly List<FileRows> _spelledOut = [];
    private readonly Dictionary<long, DateTimeOffset> _times = [];

    /// <summary>Takes the changes of the next commit.</summary>
    /// <param name="before">The table before the commit.</param>
    public void Add(LogEntry entry, LogReplay before)
    {
        if (entry.Changes.Count > 0)
        {
            _spelledOut.AddRange(entry.Changes.Select(f => FileRows.Whole(Here(f, entry.Version)) with { Change = (null, entry.Version) }));
            return;
        }

        var adds = entry.Adds.Where(f => f.IsDataChange).DistinctBy(f => f.Key)
            .ToDictionary(f => FilePath.Decode(f.Path), StringComparer.Ordinal);
        foreach (var gone in entry.Removes.Where(r => r.IsDataChange))
        {
            var file = Removed(gone, before, entry.Version);
            if (!adds.Remove(FilePath.Decode(gone.Path), out var again))
                _derived.Add(FileRows.Of(end.Folder, file) with { Change = ("delete", entry.Version) });
            else
                AddDifference(file, Here(again, entry.Version), entry.Version);
        }

        _derived.AddRange(adds.Values.Select(f =>
            FileRows.Of(end.Folder, Here(f, entry.Version)) with { Change = ("insert", entry.Version) }));
    }

    /// <summary>Looks whether the feed was enabled after the commit and whether its columns are still there at the end.</summary>
    public void Check(LogReplay after)
    {
        _times[after.Version] = after.Time;
        var metadata = after.Metadata ?? end.Metadata;
        if (!metadata.Configuration.TryGetValue(Property, out var enabled) || !enabled.Equals("true", StringComparison.OrdinalIgnoreCase))
            throw new LakeException($"The changes of version {after.Version} of the table '{end.Folder}' were not kept: it did not have the "
                + $"property {Property}=true. Ask for later versions, or compare two versions by their rows.");
        if (after.Metadata is null || after.Metadata.SchemaString == end.Metadata.SchemaString || metadata.SchemaString.Length == 0)
            return;

        var stored = StoredSchema.Parse(metadata.SchemaString, metadata.MappingUnder(after.Protocol ?? end.Protocol, end.Folder));
        var widens = end.Protocol.WriterFeatures.Any(f => f.StartsWith("typeWidening", StringComparison.Ordinal));
        foreach (var column in stored.Columns)
        {
            var now = end.Stored.Columns.FirstOrDefault(c => c.LogName.Equals(column.LogName, StringComparison.OrdinalIgnoreCase));
            if (now is null || (now.Type.Logical != column.Type.Logical && !widens && !column.Type.Logical.IsNested))
                throw new LakeException($"The changes of version {after.Version} of the table '{end.Folder}' have the column "
                    + $"{column.Logical}, and version {end.Version} has {now?.Logical.ToString() ?? "none such"}. Ask for the changes before "
                    + "and after that in two calls.");
        }

        if (!metadata.PartitionColumns.SequenceEqual(end.PartitionColumns))
            throw new LakeException($"The table '{end.Folder}' was partitioned otherwise at version {after.Version} than at {end.Version}. Ask "
                + "for the changes before and after that in two calls.");
    }

    /// <summary>All changes as rows.</summary>
    public Relation ToRelation()
    {
        var schema = new Schema(
        [
            .. end.Schema.Columns, new Column("_change_type", DataType.String), new Column("_commit_version", DataType.Long),
            new Column("_commit_timestamp", DataType.Timestamp),
        ]);
        var selects = new List<string>();
        foreach (var files in new[] { _spelledOut, _derived }.Where(f => f.Count > 0))
            selects.AddRange(FileRelation.WithSchema(end.Folder, end.Stored, end.PartitionColumns, files, _times));
        return selects.Count == 0 ? Relation.Empty(schema) : new Relation(FileRelation.Union(selects), schema);
    }

    /// <summary>A file whose deleted rows changed: what is deleted now went, what is no longer deleted came back.</summary>
    private void AddDifference(DataFile was, DataFile now, long version)
    {
        var (before, after) = (was.DeletedRows(end.Folder), now.DeletedRows(end.Folder));
        foreach (var (rows, type) in new[] { (after.Except(before), "delete"), (before.Except(after), "insert") })
        {
            if (rows.Count > 0)
                _derived.Add(new FileRows(now, RowFilter.Of(rows, isIn: true), rows.Count) { Change = (type, version) });
        }
    }

    private DataFile Removed(Tombstone gone, LogReplay before, long version)
    {
        var file = before.Find(gone.Key);
        if (file is null && gone.PartitionValues is null && end.PartitionColumns.Count > 0)
            throw new LakeException($"Version {version} of the table '{end.Folder}' removes the file '{gone.Path}' without its partition "
                + "values, and the log no longer holds the commit that added it.");
        return Here(
            file ?? new DataFile
            {
                Path = gone.Path, Size = gone.Size ?? 0, ModifiedAt = default, PartitionValues = gone.PartitionValues ?? DataFile.NoValues,
                Vector = gone.Vector,
            },
            version);
    }

    private DataFile Here(DataFile file, long version) => File.Exists(file.FullPath(end.Folder))
        ? file
        : throw new LakeException($"The file '{file.Path}' is gone, which holds changes of version {version} of the table '{end.Folder}'. It "
            + "was vacuumed.");
}
