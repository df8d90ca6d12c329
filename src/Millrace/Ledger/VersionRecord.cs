using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>Rows of one commit. What came in was committed or quarantined: In = Out + Quarantined. Where a place outside was asked, some of
/// what came may have been skipped, or have been a delete.</summary>
/// <param name="In">Rows that the source or the query gave.</param>
/// <param name="Out">Rows that the commit added.</param>
/// <param name="Quarantined">Rows kept aside with their reasons.</param>
/// <param name="Total">Rows of the table after the commit.</param>
public sealed record RowCounts(long In, long Out, long Quarantined, long Total)
{
    /// <summary>Rows that came and were not to be added: they stand already, a later row of the same load took their place, or they lie outside of
    /// the cursor's range.</summary>
    public long Skipped { get; init; }

    /// <summary>Rows that said of another row that it is gone.</summary>
    public long Deletes { get; init; }

    /// <summary>True when every row that came is accounted for: In = Out + Quarantined + Skipped + Deletes.</summary>
    public bool Reconcile => In == Out + Quarantined + Skipped + Deletes;
}

/// <summary>A file that a source batch took in.</summary>
/// <param name="Path">Relative to the project, forward slashes.</param>
/// <param name="Hash">SHA-256 of the bytes, lower-case hex.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Batch">The load that took it in; its data files carry this as the tag <c>millrace.batch</c>.</param>
public sealed record SourceFile(string Path, string Hash, long Size, string Batch);

/// <summary>One thing that was read of a place outside: a file, page, query or batch of messages.</summary>
/// <param name="Name">What was read, without secrets.</param>
/// <param name="Batch">The load that read it; its landing has this name.</param>
/// <param name="Landed">The files of that landing which hold it.</param>
/// <param name="Bytes">Bytes as they came.</param>
/// <param name="Hash">SHA-256 of the landed bytes, lower-case hex.</param>
/// <param name="At">When it was read, UTC.</param>
/// <param name="Details">What else identifies it: ETag, log position, first and last offset.</param>
public sealed record SourceReceipt(
    string Name, string Batch, IReadOnlyList<string> Landed, long Bytes, string Hash, DateTimeOffset At, IReadOnlyDictionary<string, string> Details)
{
    internal JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["batch"] = Batch,
        ["landed"] = new JsonArray([.. Landed.Select(l => JsonValue.Create(l))]),
        ["bytes"] = Bytes,
        ["sha256"] = Hash,
        ["at"] = At.UtcDateTime.ToString("O"),
        ["details"] = new JsonObject(Details.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)JsonValue.Create(d.Value)))),
    };

    internal static SourceReceipt FromJson(JsonObject json) => new(
        (string)json["name"]!, (string)json["batch"]!, [.. json["landed"]!.AsArray().Select(l => (string)l!)], (long)json["bytes"]!, (string)json["sha256"]!,
        DateTimeOffset.Parse((string)json["at"]!, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.RoundtripKind),
        json["details"]!.AsObject().ToDictionary(d => d.Key, d => (string)d.Value!));
}

/// <summary>What one commit made, from what, and how it went: a version with its makers.</summary>
/// <remarks>
/// The same JSON (<see cref="ToJson"/>) stands in the ledger and in the Delta log's <c>commitInfo.millrace</c>, so that a commit whose process
/// died before the ledger's transaction can be adopted whole.
/// </remarks>
public sealed record VersionRecord
{
    /// <summary>The build and the Delta version; number 0 for a view.</summary>
    public required AssetVersion Id { get; init; }

    /// <summary>The task that made it; also the Delta transaction's <c>appId</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Which attempt of the task; also the Delta transaction's <c>version</c>.</summary>
    public required long Fence { get; init; }

    /// <summary>SHA-256 of the Delta log entry, lower-case hex; empty for a view.</summary>
    public string EntryHash { get; init; } = "";

    /// <summary>When the entry was put, UTC.</summary>
    public DateTimeOffset Committed { get; init; }

    /// <summary>The version of the same build that this one builds on; null when it starts from nothing.</summary>
    public long? Base { get; init; }

    /// <summary>The event time that the commit touched; <see cref="IntervalSet.All"/> where there is no time column.</summary>
    public IntervalSet Touched { get; init; } = IntervalSet.All;

    /// <summary>Event time that the inputs touched and that is still to be computed (a later batch, or after <c>--as-of</c>).</summary>
    public IntervalSet Pending { get; init; } = IntervalSet.Empty;

    /// <summary>The stored tables that were read, directly or through views.</summary>
    public IReadOnlyList<AssetVersion> Inputs { get; init; } = [];

    /// <summary>What the rows were made from: equal for two versions made from equal inputs, even under other builds.</summary>
    public required Fingerprint Origin { get; init; }

    /// <summary>Counts of the commit.</summary>
    public RowCounts Rows { get; init; } = new(0, 0, 0, 0);

    /// <summary>For a source: the files of this commit's batches. Files of earlier batches stand in the versions before.</summary>
    public IReadOnlyList<SourceFile> Files { get; init; } = [];

    /// <summary>For a source whose place is asked: what was read. What earlier loads read stands in the versions before.</summary>
    public IReadOnlyList<SourceReceipt> Receipts { get; init; } = [];

    /// <summary>For a source whose place is asked: how far it was read, under <c>cursor</c> and <c>place</c>; null for others.</summary>
    public JsonObject? State { get; init; }

    /// <summary>The Delta version of the quarantine journal that holds this commit's quarantined rows, or null.</summary>
    public long? QuarantineVersion { get; init; }

    /// <summary>What the checks found: id, effect, rows looked at, rows that failed, note.</summary>
    public IReadOnlyList<CheckRecord> Checks { get; init; } = [];

    /// <summary>The maker under which a version of a source names what its files alone would make, when rows were put through again beside them.</summary>
    public const string FilesMaker = "files";

    /// <summary>The maker under which a version names the load whose quarantined rows it put through again.</summary>
    public const string ReplayMaker = "replay";

    /// <summary>True when a gate said no: the version is kept, and no release points at it.</summary>
    public bool IsRefused => Checks.Any(c => !c.Passed && c.Effect == "block");

    /// <summary>Engine versions, parameters, code commit: name to value.</summary>
    public IReadOnlyDictionary<string, string> Makers { get; init; } = new Dictionary<string, string>();

    /// <summary>Milliseconds from the attempt's start to the commit.</summary>
    public long Milliseconds { get; init; }

    /// <summary>The part that <c>commitInfo</c> and the ledger share; without number, hash and time, which the commit decides.</summary>
    public JsonObject ToJson()
    {
        var json = Common();
        if (State is not null)
            json["state"] = State.DeepClone();
        if (Receipts.Count > 0)
            json["receipts"] = new JsonArray([.. Receipts.Select(r => (JsonNode)r.ToJson())]);
        if (Rows.Skipped > 0)
            json["rows"]!["skipped"] = Rows.Skipped;
        if (Rows.Deletes > 0)
            json["rows"]!["deletes"] = Rows.Deletes;
        return json;
    }

    private JsonObject Common() => new()
    {
        ["asset"] = Id.Asset.ToString(),
        ["fingerprint"] = Id.Build.Fingerprint.Text,
        ["task"] = Task,
        ["fence"] = Fence,
        ["base"] = Base,
        ["touched"] = Touched.ToString(),
        ["pending"] = Pending.ToString(),
        ["inputs"] = new JsonArray([.. Inputs.Select(i => (JsonNode)new JsonObject
        {
            ["asset"] = i.Asset.ToString(), ["fingerprint"] = i.Build.Fingerprint.Text, ["version"] = i.Number,
        })]),
        ["origin"] = Origin.Text,
        ["rows"] = new JsonObject { ["in"] = Rows.In, ["out"] = Rows.Out, ["quarantined"] = Rows.Quarantined, ["total"] = Rows.Total },
        ["files"] = new JsonArray([.. Files.Select(f => (JsonNode)new JsonObject
        {
            ["path"] = f.Path, ["sha256"] = f.Hash, ["size"] = f.Size, ["batch"] = f.Batch,
        })]),
        ["quarantineVersion"] = QuarantineVersion,
        ["checks"] = new JsonArray([.. Checks.Select(c => (JsonNode)c.ToJson())]),
        ["makers"] = new JsonObject(Makers.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)JsonValue.Create(m.Value)))),
        ["milliseconds"] = Milliseconds,
    };

    /// <summary>Reads <see cref="ToJson"/> and adds what the commit decided.</summary>
    public static VersionRecord FromJson(JsonObject json, long number, string entryHash, DateTimeOffset committed) => new()
    {
        Id = new AssetVersion(new Build(AssetKey.Parse((string)json["asset"]!), new Fingerprint((string)json["fingerprint"]!)), number),
        Task = (string)json["task"]!,
        Fence = (long)json["fence"]!,
        EntryHash = entryHash,
        Committed = committed,
        Base = (long?)json["base"],
        Touched = IntervalSet.Parse((string)json["touched"]!),
        Pending = IntervalSet.Parse((string)json["pending"]!),
        Inputs = [.. json["inputs"]!.AsArray().Select(i => new AssetVersion(
            new Build(AssetKey.Parse((string)i!["asset"]!), new Fingerprint((string)i["fingerprint"]!)), (long)i["version"]!))],
        Origin = new Fingerprint((string)json["origin"]!),
        Rows = new RowCounts((long)json["rows"]!["in"]!, (long)json["rows"]!["out"]!, (long)json["rows"]!["quarantined"]!, (long)json["rows"]!["total"]!)
        {
            Skipped = (long?)json["rows"]!["skipped"] ?? 0,
            Deletes = (long?)json["rows"]!["deletes"] ?? 0,
        },
        Receipts = [.. (json["receipts"]?.AsArray() ?? []).Select(r => SourceReceipt.FromJson(r!.AsObject()))],
        State = json["state"]?.DeepClone().AsObject(),
        Files = [.. json["files"]!.AsArray().Select(f => new SourceFile((string)f!["path"]!, (string)f["sha256"]!, (long)f["size"]!, (string)f["batch"]!))],
        QuarantineVersion = (long?)json["quarantineVersion"],
        Checks = [.. json["checks"]!.AsArray().Select(c => CheckRecord.FromJson(c!.AsObject()))],
        Makers = json["makers"]!.AsObject().ToDictionary(m => m.Key, m => (string)m.Value!),
        Milliseconds = (long)json["milliseconds"]!,
    };
}

/// <summary>What one check found on one staged version.</summary>
/// <param name="Id">The check's name, such as <c>not_null(hour)</c>.</param>
/// <param name="Effect"><c>warn</c>, <c>block</c> or <c>quarantine</c>.</param>
/// <param name="Passed">True when nothing failed.</param>
/// <param name="Failed">Rows that failed; 0 for a check that does not look at rows.</param>
/// <param name="Note">What was seen, for people: a count, a range, an example.</param>
public sealed record CheckRecord(string Id, string Effect, bool Passed, long Failed, string Note)
{
    internal JsonObject ToJson() => new() { ["id"] = Id, ["effect"] = Effect, ["passed"] = Passed, ["failed"] = Failed, ["note"] = Note };

    internal static CheckRecord FromJson(JsonObject json) =>
        new((string)json["id"]!, (string)json["effect"]!, (bool)json["passed"]!, (long)json["failed"]!, (string)json["note"]!);
}
