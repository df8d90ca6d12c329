using System.Text.Json.Nodes;
using Dapper;
using Millrace.Assets;

namespace Millrace.Ledger;

public sealed partial class Ledger
{
    /// <summary>Makes builds known with the definition that declared them; those that are known already stay as they are.</summary>
    public void Declare(IReadOnlyList<(Build Build, StoredDefinition Definition, string Detail)> builds) => Write(t =>
    {
        foreach (var (build, definition, detail) in builds)
        {
            t.Connection!.Execute("insert into definition values (@Hash, @File, @Text) on conflict(hash) do nothing", definition, t);
            t.Connection!.Execute(
                "insert into build values (@asset, @fingerprint, @definition, @detail, @at) on conflict(asset, fingerprint) do nothing",
                new { asset = build.Asset.ToString(), fingerprint = build.Fingerprint.Text, definition = definition.Hash, detail, at = Instants.Format(_clock.GetUtcNow()) },
                t);
        }
    });

    /// <summary>The stored definition of a hash, or null.</summary>
    public StoredDefinition? Definition(string hash) => Read(c => c.QueryFirstOrDefault<DefinitionRow>(
        "select hash, file, body from definition where hash = @hash", new { hash })) is { } row ? new StoredDefinition(row.Hash, row.File, row.Body) : null;

    /// <summary>The JSON that was declared with a build, or null for a build that nobody declared.</summary>
    public string? Detail(Build build) => Read(c => c.ExecuteScalar<string?>(
        "select detail from build where asset = @asset and fingerprint = @fingerprint", new { asset = build.Asset.ToString(), fingerprint = build.Fingerprint.Text }));

    /// <summary>Names a committed version: version, attempt and task done, and the event, in one transaction. Naming it again changes nothing.</summary>
    public void CommitVersion(VersionRecord version) => Write(t =>
    {
        var (asset, fingerprint) = (version.Id.Asset.ToString(), version.Id.Build.Fingerprint.Text);
        if (_prepared.Row(t, "select 1 from version where task = $1", version.Task) is not null)
            return;
        if (_prepared.Row(t, "select 1 from version where asset = $1 and fingerprint = $2 and number = $3", asset, fingerprint, version.Id.Number) is not null)
        {
            throw new InvalidDataException(
                $"Version {version.Id.Number} of {asset} is in the ledger already, with another log entry: that entry was deleted, or an older copy of the table's folder was put back. "
                + "This commit does not count. Run again: the next one gets a number of its own.");
        }

        var line = Append(t, "version.committed", asset, new JsonObject
        {
            ["fingerprint"] = fingerprint,
            ["version"] = version.Id.Number,
            ["entry"] = version.EntryHash,
            ["task"] = version.Task,
            ["origin"] = version.Origin.Text,
            ["rows"] = new JsonObject { ["in"] = version.Rows.In, ["out"] = version.Rows.Out, ["quarantined"] = version.Rows.Quarantined },
        });
        _prepared.Execute(
            t, "insert into version values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            asset, fingerprint, version.Id.Number, line.Sequence, version.Task, version.Fence,
            version.EntryHash, Instants.Format(version.Committed), version.Origin.Text, version.ToJson().ToJsonString());
        if (version.Id.Asset.Kind == AssetKind.Model)
            PinInputs(t, version);
        var at = Instants.Format(line.At);
        _prepared.Execute(t, "update attempt set state = 'done', ended = $3 where task = $1 and fence = $2", version.Task, version.Fence, at);
        _prepared.Execute(t, "update task set state = 'done', ended = $2, message = null where id = $1", version.Task, at);
    });

    /// <summary>One version, or null when the ledger does not name it: then it does not exist.</summary>
    public VersionRecord? Version(AssetVersion id) => Read(c => c.QueryFirstOrDefault<VersionRow>(
        VersionRow.Select + " where asset = @asset and fingerprint = @fingerprint and number = @Number",
        new { asset = id.Asset.ToString(), fingerprint = id.Build.Fingerprint.Text, id.Number }))?.ToRecord();

    /// <summary>The version that a task committed, or null.</summary>
    public VersionRecord? VersionOfTask(string task) => Read(c => c.QueryFirstOrDefault<VersionRow>(
        VersionRow.Select + " where task = @task", new { task }))?.ToRecord();

    /// <summary>All versions of a build in the order in which the ledger named them.</summary>
    public IReadOnlyList<VersionRecord> Versions(Build build) => Read(c => c.Query<VersionRow>(
        VersionRow.Select + " where asset = @asset and fingerprint = @fingerprint order by seq",
        new { asset = build.Asset.ToString(), fingerprint = build.Fingerprint.Text }).Select(r => r.ToRecord()).ToList());

    /// <summary>The newest version of an asset's quarantine journal that some committed version names; null when nothing was ever quarantined.</summary>
    /// <remarks>The journal is shared by all builds of the asset and only grows, so the newest is the one with the most rows.</remarks>
    public long? QuarantineVersion(AssetKey asset) => Read(_ => (long?)_prepared.Row(
        null, "select max(cast(json_extract(body, '$.quarantineVersion') as bigint)) from version where asset = $1", asset.ToString())![0]);

    /// <summary>The version behind each pointer of an environment, views left out.</summary>
    public IReadOnlyDictionary<AssetKey, VersionRecord> StandingVersions(string environment) => Read(c => c.Query<VersionRow>(
        VersionRow.Select + " join pointer p using (asset, fingerprint, number) where p.environment = @environment", new { environment })
        .Select(r => r.ToRecord()).ToDictionary(v => v.Id.Asset));

    private sealed record DefinitionRow
    {
        public string Hash { get; init; } = "";

        public string File { get; init; } = "";

        public string Body { get; init; } = "";
    }

    private sealed record VersionRow
    {
        public const string Select = "select number, entry_hash EntryHash, committed, body from version";

        public long Number { get; init; }

        public string EntryHash { get; init; } = "";

        public string Committed { get; init; } = "";

        public string Body { get; init; } = "";

        public VersionRecord ToRecord() => VersionRecord.FromJson(JsonNode.Parse(Body)!.AsObject(), Number, EntryHash, Instants.Parse(Committed));
    }
}
