using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Assets;

namespace Millrace.Ledger;

public sealed partial class Ledger
{
    /// <summary>Where an environment's assets point now; empty for an environment without a release.</summary>
    public IReadOnlyDictionary<AssetKey, Pointer> Pointers(string environment) => Read(c => PointersIn(c, environment, null));

    /// <summary>The environment's newest release, or null.</summary>
    public long? CurrentRelease(string environment) =>
        Read(c => c.ExecuteScalar<long?>("select max(id) from release where environment = @environment", new { environment }));

    /// <summary>Moves pointers in one transaction, if every pointer the mover relied on still stands where it was.</summary>
    /// <param name="environment">Whose pointers.</param>
    /// <param name="run">The run whose successes they are.</param>
    /// <param name="relied">The pointers read or moved, as they were at the start; null for an asset that had none.</param>
    /// <param name="moves">Where each moved asset shall point; a null <see cref="Move.To"/> takes the asset away.</param>
    /// <returns>The release, or null when a pointer had moved meanwhile: then nothing changed.</returns>
    public ReleaseRecord? Release(string environment, string run, IReadOnlyDictionary<AssetKey, Pointer?> relied, IReadOnlyList<Move> moves) => Write(
        t =>
        {
            var standing = PointersIn(t.Connection!, environment, t);
            return relied.Any(r => standing.GetValueOrDefault(r.Key)?.Version != r.Value?.Version)
                ? null
                : Move(t, environment, ReleaseKind.Run, run, null, null, moves);
        },
        durable: true);

    /// <summary>Puts back the pointers of an earlier release, and rejects the makers of what is taken away.</summary>
    /// <param name="environment">Whose pointers.</param>
    /// <param name="target">The release to go back to.</param>
    /// <param name="reject">What later runs shall not use again.</param>
    /// <param name="message">Why, for people; or null.</param>
    public ReleaseRecord Rollback(string environment, long target, IReadOnlyList<Rejection> reject, string? message) => Write(
        t =>
        {
            var standing = PointersIn(t.Connection!, environment, t);
            var wanted = PointersAt(t.Connection!, environment, target, t);
            var moves = standing.Keys.Union(wanted.Keys).Order()
                .Select(k => new Move(k, standing.GetValueOrDefault(k), wanted.GetValueOrDefault(k)))
                .Where(m => m.From != m.To).ToList();
            var release = Move(t, environment, ReleaseKind.Rollback, null, target, message, moves);
            Reject(t, environment, reject, release.Id);
            return release;
        },
        durable: true);

    /// <summary>Moves one pointer to a version that a person chose, and rejects the makers of what it leaves.</summary>
    /// <param name="environment">Whose pointers.</param>
    /// <param name="to">Where the asset shall point.</param>
    /// <param name="reject">What later runs shall not use again.</param>
    /// <param name="message">Why, for people; or null.</param>
    public ReleaseRecord Promote(string environment, Pointer to, IReadOnlyList<Rejection> reject, string? message) => Write(
        t =>
        {
            var from = PointersIn(t.Connection!, environment, t).GetValueOrDefault(to.Asset);

            // Whoever chooses a version takes back what was said against it.
            t.Connection!.Execute(
                """
                delete from rejection where environment = @environment and asset = @asset and (value in (@fingerprint, @Definition) or value =
                    (select fingerprint || '/' || origin from version where asset = @asset and fingerprint = @fingerprint and number = @Number))
                """,
                new { environment, asset = to.Asset.ToString(), fingerprint = to.Version.Build.Fingerprint.Text, to.Definition, to.Version.Number },
                t);
            var release = Move(t, environment, ReleaseKind.Promotion, null, null, message, [new Move(to.Asset, from, to)]);
            Reject(t, environment, reject, release.Id);
            return release;
        },
        durable: true);

    /// <summary>The environment's pointers as they were right after a release.</summary>
    public IReadOnlyDictionary<AssetKey, Pointer> PointersAt(string environment, long release) => Read(c => PointersAt(c, environment, release, null));

    /// <summary>The releases of an environment, newest first, with their moves.</summary>
    public IReadOnlyList<ReleaseRecord> Releases(string environment, int take = 50) => Read(c =>
    {
        var rows = c.Query<ReleaseRow>(
            "select id, environment, at, kind, run, target, message from release where environment = @environment order by id desc limit @take",
            new { environment, take }).ToList();
        return rows.Select(r => new ReleaseRecord(
            r.Id, r.Environment, Instants.Parse(r.At), Parse<ReleaseKind>(r.Kind), r.Run, r.Target, r.Message, MovesOf(c, r.Id, null))).ToList();
    });

    /// <summary>The environments that have a release.</summary>
    public IReadOnlyList<string> Environments() => Read(c => c.Query<string>("select distinct environment from release order by 1").ToList());

    /// <summary>What rollbacks of this environment rejected and nobody resumed.</summary>
    public IReadOnlyList<Rejection> Rejections(string environment) => Read(c => c.Query<RejectionRow>(
        "select asset, kind, value, release from rejection where environment = @environment order by asset, kind, value", new { environment })
        .Select(r => new Rejection(AssetKey.Parse(r.Asset), r.Kind, r.Value, r.Release)).ToList());

    /// <summary>Lifts rejections, of one asset or of all.</summary>
    /// <returns>How many were lifted.</returns>
    public int Resume(string environment, AssetKey? asset) => Write(t =>
    {
        var count = t.Connection!.Execute(
            "delete from rejection where environment = @environment and (@asset is null or asset = @asset)", new { environment, asset = asset?.ToString() }, t);
        if (count > 0)
            Append(t, "rejections.lifted", environment, new JsonObject { ["asset"] = asset?.ToString(), ["count"] = count });
        return count;
    });

    private static void Reject(SqliteTransaction t, string environment, IReadOnlyList<Rejection> reject, long release)
    {
        foreach (var rejection in reject)
        {
            t.Connection!.Execute(
                "insert into rejection values (@environment, @asset, @Kind, @Value, @release) on conflict do nothing",
                new { environment, asset = rejection.Asset.ToString(), rejection.Kind, rejection.Value, release },
                t);
        }
    }

    private ReleaseRecord Move(
        SqliteTransaction t, string environment, ReleaseKind kind, string? run, long? target, string? message, IReadOnlyList<Move> moves)
    {
        var id = t.Connection!.ExecuteScalar<long>("select coalesce(max(id), 0) + 1 from release", transaction: t);
        var word = kind switch { ReleaseKind.Rollback => "release.rolled-back", ReleaseKind.Promotion => "release.promoted", _ => "release.published" };
        var line = Append(t, word, environment, new JsonObject
        {
            ["release"] = id,
            ["run"] = run,
            ["target"] = target,
            ["moves"] = new JsonArray([.. moves.Select(m => (JsonNode)new JsonObject
            {
                ["asset"] = m.Asset.ToString(), ["from"] = m.From?.Version.ToString(), ["to"] = m.To?.Version.ToString(),
            })]),
        });
        t.Connection!.Execute(
            "insert into release values (@id, @environment, @at, @kind, @run, @target, @message)",
            new { id, environment, at = Instants.Format(line.At), kind = Word(kind), run, target, message },
            t);
        foreach (var move in moves)
        {
            var asset = move.Asset.ToString();
            t.Connection!.Execute(
                "insert into move values (@id, @asset, @ff, @fn, @fd, @tf, @tn, @td)",
                new
                {
                    id, asset,
                    ff = move.From?.Version.Build.Fingerprint.Text, fn = move.From?.Version.Number, fd = move.From?.Definition,
                    tf = move.To?.Version.Build.Fingerprint.Text, tn = move.To?.Version.Number, td = move.To?.Definition,
                },
                t);
            if (move.To is { } to)
            {
                t.Connection!.Execute(
                    """
                    insert into pointer values (@environment, @asset, @fingerprint, @number, @definition, @id)
                    on conflict(environment, asset) do update set fingerprint = excluded.fingerprint, number = excluded.number,
                        definition = excluded.definition, release = excluded.release
                    """,
                    new { environment, asset, fingerprint = to.Version.Build.Fingerprint.Text, number = to.Version.Number, definition = to.Definition, id },
                    t);
            }
            else
            {
                t.Connection!.Execute("delete from pointer where environment = @environment and asset = @asset", new { environment, asset }, t);
            }
        }

        // A retained release pins what it points at; which releases are retained is decided where they are let go.
        t.Connection!.Execute(
            "insert into pin select 'release ' || @id, asset, fingerprint, number from pointer where environment = @environment",
            new { id, environment },
            t);
        return new ReleaseRecord(id, environment, line.At, kind, run, target, message, moves);
    }

    private static Dictionary<AssetKey, Pointer> PointersIn(SqliteConnection c, string environment, SqliteTransaction? t) => c.Query<PointerRow>(
        "select asset, fingerprint, number, definition from pointer where environment = @environment", new { environment }, t)
        .Select(r => r.ToPointer()).ToDictionary(p => p.Asset);

    private static Dictionary<AssetKey, Pointer> PointersAt(SqliteConnection c, string environment, long release, SqliteTransaction? t)
    {
        // The standing pointers with every later release's moves undone, newest first.
        var pointers = PointersIn(c, environment, t);
        var later = c.Query<long>(
            "select id from release where environment = @environment and id > @release order by id desc", new { environment, release }, t);
        foreach (var move in later.ToList().SelectMany(id => MovesOf(c, id, t)))
        {
            if (move.From is { } from)
                pointers[move.Asset] = from;
            else
                pointers.Remove(move.Asset);
        }

        return pointers;
    }

    private static List<Move> MovesOf(SqliteConnection c, long release, SqliteTransaction? t) => c.Query<MoveRow>(
        """
        select asset, from_fingerprint FromFingerprint, from_number FromNumber, from_definition FromDefinition,
            to_fingerprint ToFingerprint, to_number ToNumber, to_definition ToDefinition
        from move where release = @release order by asset
        """,
        new { release },
        t).Select(r => r.ToMove()).ToList();

    private sealed record PointerRow
    {
        public string Asset { get; init; } = "";

        public string Fingerprint { get; init; } = "";

        public long Number { get; init; }

        public string Definition { get; init; } = "";

        public Pointer ToPointer() => new(AssetKey.Parse(Asset), new AssetVersion(BuildOf(Asset, Fingerprint), Number), Definition);
    }

    private sealed record MoveRow
    {
        public string Asset { get; init; } = "";

        public string? FromFingerprint { get; init; }

        public long? FromNumber { get; init; }

        public string? FromDefinition { get; init; }

        public string? ToFingerprint { get; init; }

        public long? ToNumber { get; init; }

        public string? ToDefinition { get; init; }

        public Move ToMove() => new(AssetKey.Parse(Asset), Side(FromFingerprint, FromNumber, FromDefinition), Side(ToFingerprint, ToNumber, ToDefinition));

        private Pointer? Side(string? fingerprint, long? number, string? definition) => fingerprint is null
            ? null
            : new Pointer(AssetKey.Parse(Asset), new AssetVersion(BuildOf(Asset, fingerprint), number!.Value), definition!);
    }

    private sealed record ReleaseRow
    {
        public long Id { get; init; }

        public string Environment { get; init; } = "";

        public string At { get; init; } = "";

        public string Kind { get; init; } = "";

        public string? Run { get; init; }

        public long? Target { get; init; }

        public string? Message { get; init; }
    }

    private sealed record RejectionRow
    {
        public string Asset { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Value { get; init; } = "";

        public long Release { get; init; }
    }
}
