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
        var after = FilesAfter(request, basis);
        var (adds, removes) = Difference(head, after);
        Check(request, folder, basis, head, adds, removes, after.Count > request.Add.Count);

        var info = Info(request, basis, head, adds, removes, time);
        using var stream = new MemoryStream();
        using (var lines = new ActionLines(stream))
        {
            lines.Add(w => new JsonObject { ["commitInfo"] = info.DeepClone() }.WriteTo(w));
            WriteTable(lines, request, basis, head, time);
            lines.Add(w => LogActions.Write(w, new TransactionMark(request.AppId, request.TxnVersion, time.ToUnixTimeMilliseconds())));
            foreach (var file in removes)
            {
                var tombstone = new Tombstone(file.Path, time.ToUnixTimeMilliseconds(), file.Size, file.PartitionValues);
                lines.Add(w => LogActions.Write(w, tombstone, dataChange: true));
            }

            foreach (var file in adds)
                lines.Add(w => LogActions.Write(w, file, dataChange: true));
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

    private static (List<DataFile> Adds, List<DataFile> Removes) Difference(Snapshot? head, IReadOnlyList<DataFile> after)
    {
        var wanted = after.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var present = head?.Files.Select(f => f.Key).ToHashSet(StringComparer.Ordinal) ?? [];
        return ([.. after.Where(f => !present.Contains(f.Key))], [.. (head?.Files ?? []).Where(f => !wanted.Contains(f.Key))]);
    }

    private static void WriteTable(ActionLines lines, CommitRequest request, Snapshot? basis, Snapshot? head, DateTimeOffset time)
    {
        if (head is null)
        {
            lines.Add(w => LogActions.Write(w, TableProtocol.For(request.Schema)));
            lines.Add(w => LogActions.Write(w, TableMetadata.Create(request.Schema, time)));
            return;
        }

        var protocol = head.Protocol.RaisedFor(request.Schema);
        if (protocol != head.Protocol)
            lines.Add(w => LogActions.Write(w, protocol));
        var configuration = basis?.Configuration ?? new Dictionary<string, string>();
        var partitionColumns = basis?.PartitionColumns ?? [];
        if (head.Schema.Equals(request.Schema) && partitionColumns.SequenceEqual(head.PartitionColumns)
            && configuration.Count == head.Configuration.Count && !configuration.Except(head.Configuration).Any())
            return;
        var metadata = head.Metadata with
        {
            SchemaString = request.Schema.ToDelta(), Configuration = configuration, PartitionColumns = partitionColumns,
        };
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
        var info = new JsonObject
        {
            ["timestamp"] = time.ToUnixTimeMilliseconds(),
            ["operation"] = request.Operation,
            ["operationParameters"] = parameters,
            ["operationMetrics"] = metrics,
            ["engineInfo"] = Engine,
            ["isBlindAppend"] = removes.Count == 0 && basis?.Version == head?.Version && adds.Count == request.Add.Count,
            ["txnId"] = Guid.NewGuid().ToString(),
        };
        if (basis is not null)
            info["readVersion"] = basis.Version;
        if (request.Info is not null)
            info["millrace"] = request.Info.DeepClone();
        return info;
    }

    private static void Check(
        CommitRequest request, string folder, Snapshot? basis, Snapshot? head, List<DataFile> adds, List<DataFile> removes, bool keepsFiles)
    {
        if ((head?.Protocol.Unwritable() ?? head?.Metadata.UnwritableRule) is { } feature)
            throw new LakeException($"The table '{folder}' needs the Delta feature '{feature}' to be written, which Millrace does "
                + "not support yet.");
        if (removes.Count > 0 && head!.Configuration.TryGetValue("delta.appendOnly", out var only) && only == "true")
            throw new LakeException($"The table '{folder}' has the property delta.appendOnly, so that no rows can be taken out or "
                + "replaced.");
        var partition = basis?.PartitionColumns ?? [];
        if (adds.FirstOrDefault(f => partition.Any(p => !f.PartitionValues.ContainsKey(p))) is { } loose)
            throw new LakeException(
                $"The table '{folder}' is partitioned by {string.Join(", ", partition)}, "
                + $"and the file '{loose.Path}' has no values of these. "
                + "Millrace does not write partitioned tables yet.");
        if (adds.FirstOrDefault(f => !File.Exists(f.FullPath(folder))) is { } gone)
            throw new LakeException($"The file '{gone.Path}' of the table '{folder}' is gone, so that it cannot become part of the "
                + "table. It was vacuumed or discarded; compute the rows anew.");
        if (keepsFiles && basis is not null)
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
