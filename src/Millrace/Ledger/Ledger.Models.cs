using System.Globalization;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>A name that points at one version of a model.</summary>
public sealed record ModelLabel(string Model, string Name, long Number, DateTimeOffset At);

public sealed partial class Ledger
{
    /// <summary>Every version of a model, oldest first; numbers count per name, over all builds.</summary>
    public IReadOnlyList<VersionRecord> ModelVersions(AssetKey model) => Read(c => c.Query<VersionRow>(
        VersionRow.Select + " where asset = @asset order by number", new { asset = model.ToString() }).Select(r => r.ToRecord()).ToList());

    /// <summary>The number that the next version of a model gets: versions are never counted twice.</summary>
    public long NextModelNumber(AssetKey model) => Read(c => c.ExecuteScalar<long>(
        "select coalesce(max(number), 0) + 1 from version where asset = @asset", new { asset = model.ToString() }));

    /// <summary>The models that have a version.</summary>
    public IReadOnlyList<AssetKey> Models() => Read(c => c.Query<string>(
        "select distinct asset from version where asset like 'model %' order by asset").Select(AssetKey.Parse).ToList());

    /// <summary>The labels of a model's versions, by name.</summary>
    public IReadOnlyList<ModelLabel> Labels(AssetKey model) => Read(c => c.Query<LabelRow>(
        "select model, name, number, at from label where model = @model order by name", new { model = model.Name })
        .Select(r => new ModelLabel(r.Model, r.Name, r.Number, Instants.Parse(r.At))).ToList());

    /// <summary>Moves a label to a version, or takes it away.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The label.</param>
    /// <param name="number">The version; null to take the label away.</param>
    public void Label(AssetKey model, string name, long? number) => Write(t =>
    {
        var line = Append(t, number is null ? "label.removed" : "label.set", model.ToString(), new JsonObject { ["label"] = name, ["version"] = number });
        if (number is null)
        {
            t.Connection!.Execute("delete from label where model = @model and name = @name", new { model = model.Name, name }, t);
            return;
        }

        t.Connection!.Execute(
            "insert into label values (@model, @name, @number, @at) on conflict(model, name) do update set number = excluded.number, at = excluded.at",
            new { model = model.Name, name, number, at = Instants.Format(line.At) },
            t);
    });

    /// <summary>A verifiable version needs the tables that it was trained on for as long as it stands.</summary>
    private static void PinInputs(SqliteTransaction t, VersionRecord version)
    {
        var holder = string.Create(CultureInfo.InvariantCulture, $"model {version.Id.Asset.Name}@{version.Id.Number}");
        foreach (var input in version.Inputs)
        {
            t.Connection!.Execute(
                "insert into pin values (@holder, @asset, @fingerprint, @number) on conflict do nothing",
                new { holder, asset = input.Asset.ToString(), fingerprint = input.Build.Fingerprint.Text, number = input.Number },
                t);
        }
    }

    private sealed record LabelRow
    {
        public string Model { get; init; } = "";

        public string Name { get; init; } = "";

        public long Number { get; init; }

        public string At { get; init; } = "";
    }
}
