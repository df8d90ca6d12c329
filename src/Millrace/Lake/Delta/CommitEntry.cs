using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>The log entry that turns the head of a table into the base with a change.</summary>
internal sealed class CommitEntry
{
    private static readonly string Engine = "Millrace/" + typeof(CommitEntry).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public required long Version { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required JsonObject CommitInfo { get; init; }

    public required byte[] Bytes { get; init; }

    /// <summary>Writes the entry that makes the table hold exactly <see cref="FilesAfter"/>: the way there from the head, whatever the
    /// head is.</summary>
    public static CommitEntry Of(CommitRequest request, string folder, Snapshot? basis, Snapshot? head)
    {
        var time = Truncate(request.Now);
        if (head is not null && time <= head.CommitTime)
            time = Truncate(head.CommitTime).AddMilliseconds(1);
        var (adds, removes, keepsFiles) = Difference(request, basis, head);
        Check(request, folder, basis, head, adds, removes, keepsFiles);

        var info = Info(request, basis, head, adds, removes, time);
        using var stream = new MemoryStream();
        using (var lines = new ActionLines(stream))
        {
            lines.Add(w => new JsonObject { ["commitInfo"] = info.DeepClone() }.WriteTo(w));
            WriteTable(lines, request, basis, head, time);
            lines.Add(w => LogActions.Write(w, new TransactionMark(request.AppId, request.TxnVersion, time.ToUnixTimeMilliseconds())));
            foreach (var file in removes)
            {
                var tombstone = new Tombstone(file.Path, time.ToUnixTimeMilliseconds(), file.Size,
                    file.PartitionValues) { Vector = file.Vector };
                lines.Add(w => LogActions.Write(w, tombstone, dataChange: !request.IsRearrangement));
            }

            foreach (var file in adds)
                lines.Add(w => LogActions.Write(w, file, dataChange: !request.IsRearrangement));
            foreach (var file in request.Changes)
                lines.Add(w => LogActions.WriteChange(w, file));
        }

        return new CommitEntry { Version = (head?.Version ?? -1) + 1, Time = time, CommitInfo = info, Bytes = stream.ToArray() };
    }

    /// <summary>The base's files without those that go out, and then those that come in.</summary>
    public static IReadOnlyList<DataFile> FilesAfter(CommitRequest request, Snapshot? basis)
    {
        if (basis is null || request.RemovesAll)
            return request.Add;
        var gone = request.Remove.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var unknown = gone.Count > 0 ? gone.Except(basis.Files.Select(f => f.Key)).FirstOrDefault() : null;
        return unknown is null
            ? [.. basis.Files.Where(f => !gone.Contains(f.Key)), .. request.Add]
            : throw new LakeException($"The file '{unknown}' cannot be removed from version {basis.Version} of the table "
                + $"'{basis.Folder}': that version does not hold it.");
    }

    private static (List<DataFile> Adds, List<DataFile> Removes, bool KeepsFiles) Difference(
        CommitRequest request, Snapshot? basis, Snapshot? head)
    {
        // On top of its own base a plain append need not look at the files that stay: there may be a hundred thousand.
        if (head is not null && ReferenceEquals(basis, head) && !request.RemovesAll && request.Remove.Count == 0)
            return ([.. request.Add], [], head.Files.Count > 0);

        var after = FilesAfter(request, basis);
        var wanted = after.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var present = head?.Files.Select(f => f.Key).ToHashSet(StringComparer.Ordinal) ?? [];
        return (
            [.. after.Where(f => !present.Contains(f.Key))], [.. (head?.Files ?? []).Where(f => !wanted.Contains(f.Key))],
            after.Count > request.Add.Count);
    }

    private static void WriteTable(ActionLines lines, CommitRequest request, Snapshot? basis, Snapshot? head, DateTimeOffset time)
    {
        var configuration = request.Configuration ?? basis?.Configuration ?? new Dictionary<string, string>();
        var partitionColumns = request.PartitionColumns ?? basis?.PartitionColumns ?? [];
        if (head is null)
        {
            lines.Add(w => LogActions.Write(w, TableProtocol.For(request.Schema, configuration)));
            var created = TableMetadata.Create(request.Schema, time)
                with { Configuration = configuration, PartitionColumns = partitionColumns };
            lines.Add(w => LogActions.Write(w, request.SchemaString is { } text ? created with { SchemaString = text } : created));
            return;
        }

        var protocol = head.Protocol.RaisedFor(request.Schema, configuration);
        if (protocol != head.Protocol)
            lines.Add(w => LogActions.Write(w, protocol));
        var text = request.SchemaString ?? (head.Schema.Equals(request.Schema)
            ? head.Metadata.SchemaString
            : SchemaText.Carry(request.Schema, (basis ?? head).Metadata.SchemaString));
        if (text == head.Metadata.SchemaString && partitionColumns.SequenceEqual(head.PartitionColumns)
            && configuration.Count == head.Configuration.Count && !configuration.Except(head.Configuration).Any())
            return;
        var metadata = head.Metadata with { SchemaString = text, Configuration = configuration, PartitionColumns = partitionColumns };
        lines.Add(w => LogActions.Write(w, metadata));
    }

    private static JsonObject Info(
        CommitRequest request, Snapshot? basis, Snapshot? head, List<DataFile> adds, List<DataFile> removes, DateTimeOffset time)
    {
        var parameters = new JsonObject();
        foreach (var (name, value) in request.Parameters)
            parameters[name] = value;
        var metrics = new JsonObject
        {
            ["numFiles"] = Text(request.Add.Count),
            ["numOutputRows"] = Text(request.Add.Sum(f => f.Rows ?? 0)),
            ["numOutputBytes"] = Text(request.Add.Sum(f => f.Size)),
            ["numRemovedFiles"] = Text(removes.Count),
        };
        foreach (var (name, count) in request.Metrics)
            metrics[name] = Text(count);
        var info = new JsonObject
        {
            ["timestamp"] = time.ToUnixTimeMilliseconds(),
            ["operation"] = request.Operation,
            ["operationParameters"] = parameters,
            ["operationMetrics"] = metrics,
            ["engineInfo"] = Engine,
            ["isBlindAppend"] = request.Reads is null && removes.Count == 0 && basis?.Version == head?.Version
                && adds.Count == request.Add.Count,
            ["txnId"] = Guid.NewGuid().ToString(),
        };
        if (request.Base is { } read)
            info["readVersion"] = read;
        if (head is not null && TableProtocol.IsOn(head.Configuration, "delta.enableInCommitTimestamps"))
            info["inCommitTimestamp"] = time.ToUnixTimeMilliseconds();
        if (request.Info is not null)
            info["millrace"] = request.Info.DeepClone();
        return info;
    }

    private static void Check(
        CommitRequest request, string folder, Snapshot? basis, Snapshot? head, List<DataFile> adds, List<DataFile> removes, bool keepsFiles)
    {
        if (head?.Protocol.Unwritable() is { } feature)
            throw new LakeException($"The table '{folder}' needs the Delta feature '{feature}' to be written, which Millrace does "
                + "not support yet.");
        if (head is not null && TableConstraint.Unknown(head.Metadata.SchemaString) is { } rule)
            throw new LakeException($"The column '{rule.Column}' of the table '{folder}' is {rule.Rule}, which Millrace cannot uphold, "
                + $"so that "
                + "it does not write this table. Its values would be wrong in silence.");
        if (removes.Count > 0 && !request.IsRearrangement && head!.Configuration.TryGetValue("delta.appendOnly", out var only)
            && only == "true")
            throw new LakeException($"The table '{folder}' has the property delta.appendOnly, so that no rows can be taken out or "
                + "replaced.");
        var partition = (request.PartitionColumns ?? basis?.PartitionColumns ?? []).Select(p => (basis ?? head)?.StoredName(p)
            ?? p).ToList();
        if (adds.FirstOrDefault(f => partition.Count != f.PartitionValues.Count
            || partition.Any(p => !f.PartitionValues.ContainsKey(p))) is { } loose)
            throw new LakeException(
                $"The table '{folder}' is partitioned by {(partition.Count > 0 ? string.Join(", ", partition) : "nothing")}, "
                + $"and the file '{loose.Path}' has values of "
                + $"{(loose.PartitionValues.Count > 0 ? string.Join(", ", loose.PartitionValues.Keys) : "nothing")}. "
                + "Stage the rows with the table's own partition columns.");
        if (adds.FirstOrDefault(f => !File.Exists(f.FullPath(folder))) is { } gone)
            throw new LakeException($"The file '{gone.Path}' of the table '{folder}' is gone, so that it cannot become part of the "
                + "table. It was vacuumed or discarded; compute the rows anew.");

        // A verb that gives the schema's own text has seen to it that the files that stay can be read under it.
        if (keepsFiles && basis is not null && request.SchemaString is null)
            CheckColumns(request.Schema, basis);
    }

    /// <summary>Files that stay must read the same under the new columns; what they lack must be allowed to be NULL.</summary>
    private static void CheckColumns(Schema schema, Snapshot basis)
    {
        foreach (var old in basis.Schema.Columns)
        {
            var now = schema.Find(old.Name);
            if (now is null || now.Name != old.Name || now.Type != old.Type || (old.IsNullable && !now.IsNullable))
                throw new LakeException(
                    $"The table '{basis.Folder}' has the column {old}, and the new rows have {now?.ToString() ?? "none of that name"}. "
                    + $"Files of version {basis.Version} stay, so its columns must stay too; overwrite the table to change them.");
        }

        if (schema.Columns.FirstOrDefault(c => !c.IsNullable && basis.Schema.Find(c.Name) is null) is { } added)
            throw new LakeException($"The new column {added} of the table '{basis.Folder}' must allow NULL, since files of version "
                + $"{basis.Version} do not have it.");
    }

    private static DateTimeOffset Truncate(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
