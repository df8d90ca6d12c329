namespace Millrace.Lake.Delta;

/// <summary>Whether a commit can stand on top of one that came first: the rules of Delta Lake's optimistic concurrency.</summary>
/// <remarks>
/// The isolation is Serializable: the result is that of some order of the commits, one after the other. Where the table has
/// <c>delta.isolationLevel</c> = <c>WriteSerializable</c>, an append that read nothing may slip in before a change that read the table.
/// </remarks>
internal static class CommitRules
{
    /// <summary>Refuses a request that conflicts with an entry that was put after its base.</summary>
    /// <param name="request">What is to be committed.</param>
    /// <param name="folder">The table's folder, for the message.</param>
    /// <param name="basis">The version that the request was made from; null for none.</param>
    /// <param name="entry">What came first.</param>
    public static void Check(CommitRequest request, string folder, Snapshot? basis, LogEntry entry)
    {
        if (entry.Protocol is not null)
            throw Conflict(CommitConflict.Protocol, "it changed the table's protocol");
        if (entry.Metadata is not null)
            throw Conflict(
                CommitConflict.Metadata, basis is null ? "it created the table"
                    : "it changed the table's columns, properties or partitions");

        var removed = request.RemovesAll
            ? basis?.Files.ToDictionary(f => f.Key, StringComparer.Ordinal) ?? []
            : request.Remove.ToDictionary(f => f.Key, StringComparer.Ordinal);
        if (entry.Removes.FirstOrDefault(r => removed.ContainsKey(r.Key)) is { } twice)
            throw Conflict(CommitConflict.DeleteDelete, $"it took out the file '{twice.Path}', which this commit takes out too");

        var reads = request.RemovesAll ? _ => true : request.Reads;
        if (reads is null)
            return;
        var slips = basis is not null && basis.Configuration.GetValueOrDefault("delta.isolationLevel") == "WriteSerializable"
            && (bool?)entry.CommitInfo["isBlindAppend"] == true;
        if (!slips && entry.Adds.FirstOrDefault(reads) is { } added)
            throw Conflict(CommitConflict.AppendRead, $"it added the file '{added.Path}', whose rows may belong to what this commit read");
        if (entry.Removes.Count == 0 || basis is null)
            return;
        var files = basis.Files.ToDictionary(f => f.Key, StringComparer.Ordinal);
        if (entry.Removes.FirstOrDefault(r => files.TryGetValue(r.Key, out var file) && reads(file)) is { } gone)
            throw Conflict(CommitConflict.DeleteRead, $"it took out the file '{gone.Path}', which this commit read");

        CommitConflictException Conflict(CommitConflict kind, string what) => new(
            $"Version {entry.Version} of the table '{folder}' ({entry.CommitInfo["operation"]?.ToString() ?? "another writer"}) came "
                + $"before "
            + $"this {request.Operation}, which was made from version {request.Base?.ToString() ?? "none"}: {what}. Nothing was changed; "
            + "do it again on the newest version.",
            kind, entry.Version);
    }
}
