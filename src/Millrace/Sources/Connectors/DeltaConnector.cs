using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Lake;
using Millrace.Lake.Delta;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Sources.Connectors;

/// <summary>A Delta Lake table on disk that somebody else writes.</summary>
internal sealed class DeltaConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "delta";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "delta section",
        "A Delta Lake table on disk.",
        new Key("folder", KeyKind.Text, "The table's folder, relative to the project folder.") { IsRequired = true, Example = "../warehouse/orders" });

    /// <inheritdoc/>
    public Place? Read(Section section) => section.Text("folder") is { } folder ? new DeltaPlace { Folder = folder } : null;
}

/// <summary>A Delta Lake table on disk.</summary>
/// <remarks>
/// The state is the version that was read. When the table only grew since, the rows of the files that came are fetched; when a file left it
/// (a rewrite, a delete, a compaction), or the table was made anew, all rows are.
/// </remarks>
internal sealed record DeltaPlace : Place
{
    public required string Folder { get; init; }

    /// <inheritdoc/>
    public override string Identity => "delta " + Path.GetFileName(Path.TrimEndingDirectorySeparator(Folder));

    /// <inheritdoc/>
    public override string Format => "parquet";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(Path.Combine(request.ProjectFolder, request.Secrets.Resolve(Folder)));
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var table = new LakeTable(folder);
            var now = table.Latest()
                ?? throw new SourceException($"'{Folder}' holds no Delta table: it has no _delta_log. Check 'folder' in {request.Source.File}.");
            CheckColumns(request.Source, now.Schema);
            var before = Before(table, now, request.State);
            if (before is not null && before.Version == now.Version)
                return new FetchResult { State = request.State, Receipts = [] };

            var held = before?.Files.Select(f => f.Key).ToHashSet(StringComparer.Ordinal) ?? [];
            var isGrown = before is not null && held.IsSubsetOf(now.Files.Select(f => f.Key));
            var files = isGrown ? now.Files.Where(f => !held.Contains(f.Key)).ToList() : now.Files;
            var receipts = files.Count == 0 && isGrown ? [] : (List<Receipt>)[Land(request, now, files, isGrown ? before!.Version : null, cancellationToken)];
            return new FetchResult
            {
                State = new JsonObject { ["table"] = now.Metadata.Id, ["version"] = now.Version, ["entry"] = now.EntryHash },
                IsWhole = !isGrown,
                Receipts = receipts,
            };
        }
        catch (Exception e) when (e is LakeException or DuckException or IOException or UnauthorizedAccessException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new SourceException($"The Delta table '{Folder}' cannot be read: {request.Secrets.Hide(e.Message)}", e);
        }
    }

    /// <summary>The version of the state, where the table still has it; null when it has to be read anew.</summary>
    private static Snapshot? Before(LakeTable table, Snapshot now, JsonObject? state)
    {
        if (state is null || (string?)state["table"] != now.Metadata.Id || (long)state["version"]! is var version && version > now.Version)
            return null;
        try
        {
            var before = table.Read((long)state["version"]!);
            return (string?)state["entry"] is { } entry && before.EntryHash is { } found && found != entry ? null : before;
        }
        catch (LakeException)
        {
            // Its log was cleaned up meanwhile: what came since cannot be told from what was there.
            return null;
        }
    }

    private Receipt Land(FetchRequest request, Snapshot now, IReadOnlyList<DataFile> files, long? after, CancellationToken cancellationToken)
    {
        var relation = FileRelation.Of(now.Folder, now.Schema, now.PartitionColumns, files);
        using var database = DuckDatabase.Open(new SqlSettings { TempDirectory = Path.Combine(request.Landing.Folder, ".spill"), MemoryLimitBytes = 1L << 30, Threads = 2 }.ToEngine());
        using var connection = database.Connect();
        using var interrupt = cancellationToken.Register(connection.Interrupt);
        var landed = request.Landing.Take(
            "rows.parquet", path => connection.Execute($"COPY ({relation.Sql}) TO {SqlName.Text(path)} (FORMAT parquet, COMPRESSION zstd)"));
        var details = new Dictionary<string, string>
        {
            ["version"] = now.Version.ToString(CultureInfo.InvariantCulture), ["files"] = files.Count.ToString(CultureInfo.InvariantCulture),
        };
        if (after is { } version)
            details["after_version"] = version.ToString(CultureInfo.InvariantCulture);
        return new Receipt($"The Delta table '{Folder}'", [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), details);
    }

    private void CheckColumns(SourceDefinition source, Schema schema)
    {
        foreach (var column in source.Columns)
        {
            if (!schema.Columns.Any(c => c.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new SourceException(
                    $"The Delta table '{Folder}' has no column '{column.Name}', which {source.File} declares in line {column.Line}. "
                    + $"It has: {string.Join(", ", schema.Columns.Select(c => c.Name))}. Change the column's name there, or take it out of the contract.");
            }
        }
    }
}
