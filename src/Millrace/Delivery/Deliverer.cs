using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Connectors;
using Millrace.Sql;

namespace Millrace.Delivery;

/// <summary>What became of one sink.</summary>
/// <param name="Sink">Its name.</param>
/// <param name="Table">What it delivers.</param>
/// <param name="Place">The place in words, without secrets.</param>
/// <param name="State">What was done.</param>
/// <param name="Version">The released version; null when nothing is released.</param>
/// <param name="Rows">Rows sent.</param>
/// <param name="Deleted">Rows taken out.</param>
/// <param name="Message">Why it failed, or what it waits for; else null.</param>
public sealed record DeliveryResult(string Sink, string Table, string Place, DeliveryState State, long? Version, long Rows, long Deleted, string? Message);

/// <summary>What was done for a sink.</summary>
public enum DeliveryState
{
    /// <summary>The place holds the released version already.</summary>
    Stands,

    /// <summary>The released version is to be delivered.</summary>
    Due,

    /// <summary>It was delivered.</summary>
    Delivered,

    /// <summary>The place did not take it; the next delivery tries again.</summary>
    Failed,

    /// <summary>Nothing of the table is released.</summary>
    Waiting,
}

/// <summary>Brings places to what is released.</summary>
/// <param name="ledger">Remembers what was delivered.</param>
/// <param name="home">Where tables lie.</param>
/// <param name="pool">Engines.</param>
/// <param name="clock">Where time comes from.</param>
/// <param name="project">The project's name and folder.</param>
/// <param name="variable">Where <c>${env:NAME}</c> gets its values from.</param>
internal sealed class Deliverer(
    Ledger.Ledger ledger, Home home, SqlSessionPool pool, TimeProvider clock, (string Name, string Folder) project, Func<string, string?> variable)
{
    /// <summary>The longest that a place may ask to be left alone within one delivery.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(1);

    /// <summary>Says where each sink stands, without asking the place.</summary>
    public IReadOnlyList<DeliveryResult> Look(string environment, IReadOnlyList<SinkDefinition> sinks)
    {
        var (pointers, records) = (ledger.Pointers(environment), ledger.Deliveries(environment));
        return [.. sinks.Select(s => Look(s, pointers, records.FirstOrDefault(r => r.Sink == s.Name)).Result)];
    }

    /// <summary>Delivers what is due.</summary>
    /// <param name="environment">Whose release.</param>
    /// <param name="sinks">Which sinks.</param>
    /// <param name="isAgain">True: also what the place holds already, and whole.</param>
    /// <param name="report">Told of each result as it comes.</param>
    /// <param name="cancellationToken">Ends it; what was not finished is taken up later.</param>
    public IReadOnlyList<DeliveryResult> Deliver(
        string environment, IReadOnlyList<SinkDefinition> sinks, bool isAgain, Action<DeliveryResult> report, CancellationToken cancellationToken)
    {
        var results = new List<DeliveryResult>();
        foreach (var sink in sinks)
        {
            var (pointers, records) = (ledger.Pointers(environment), ledger.Deliveries(environment));
            var (result, version, record) = Look(sink, pointers, records.FirstOrDefault(r => r.Sink == sink.Name));
            if (version is not null && (isAgain || result.State == DeliveryState.Due))
                result = Deliver(environment, sink, version, isAgain ? null : record, cancellationToken);
            report(result);
            results.Add(result);
        }

        return results;
    }

    private (DeliveryResult Result, VersionRecord? Version, DeliveryRecord? Record) Look(
        SinkDefinition sink, IReadOnlyDictionary<AssetKey, Pointer> pointers, DeliveryRecord? record)
    {
        var result = new DeliveryResult(sink.Name, sink.Table, record?.Place ?? sink.Target.Title, DeliveryState.Waiting, null, 0, 0, $"nothing of {sink.Table} is released yet");
        var pointer = pointers.Values.FirstOrDefault(p => p.Asset.Kind.IsRelation() && p.Asset.Name == sink.Table);
        if (pointer is null)
            return (result, null, record);
        if (ledger.Version(pointer.Version) is not { } version)
            return (result with { Message = $"{sink.Table} is a view and has no versions" }, null, record);
        var stands = record?.Version == version.Id && record.Identity == sink.IdentityHash;
        return (result with { State = stands ? DeliveryState.Stands : DeliveryState.Due, Version = version.Id.Number, Message = record?.Failure }, version, record);
    }

    private DeliveryResult Deliver(string environment, SinkDefinition sink, VersionRecord version, DeliveryRecord? record, CancellationToken cancellationToken)
    {
        var scratch = Path.Combine(home.TempFolder, "delivery-" + Guid.NewGuid().ToString("N"));
        var standing = record?.Identity == sink.IdentityHash ? record : null;
        var state = new DeliveryRecord(sink.Name, sink.IdentityHash)
        {
            Version = standing?.Version, Delivered = standing?.Delivered, Rows = standing?.Rows ?? 0, Deleted = standing?.Deleted ?? 0,
            Place = standing?.Place, Position = standing?.Position, Tried = clock.GetUtcNow(),
        };
        var table = new LakeTable(home.TableFolder(version.Id.Build));
        var secrets = new Secrets(project.Folder, variable);
        try
        {
            using var session = pool.Rent();
            using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
            var snapshot = table.Read(version.Id.Number, version.EntryHash);
            CheckKey(session.Connection, sink, snapshot);
            var order = new DeliveryOrder
            {
                Sink = sink,
                Sender = $"{project.Name}/{environment}",
                Version = version.Id,
                Schema = snapshot.Schema,
                Connection = session.Connection,
                Rows = snapshot.ToRelation().Sql,
                ChangesSince = earlier => Changes(table, snapshot, version.Id, earlier, sink.Key),
                Last = standing?.Version,
                Position = standing?.Position,
                Reached = position => ledger.SetDelivery(environment, state = state with { Position = position }),
                Secrets = secrets,
                Now = clock.GetUtcNow(),
                ProjectFolder = project.Folder,
                Scratch = scratch,
            };
            var done = Patiently(sink, () => sink.Target.Deliver(order with { Position = state.Position }, cancellationToken), cancellationToken);
            ledger.SetDelivery(environment, state with
            {
                Version = version.Id, Delivered = clock.GetUtcNow(), Rows = done.Rows, Deleted = done.Deleted, Place = done.Where, Position = null,
            });
            return new DeliveryResult(
                sink.Name, sink.Table, done.Where, DeliveryState.Delivered, version.Id.Number, done.Rows, done.Deleted, done.WasThere ? "the place had it already" : null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is DeliveryException or Sources.SourceException or LakeException or DuckException)
        {
            var message = secrets.Hide(e.Message);
            ledger.SetDelivery(environment, state with { Failure = message });
            return new DeliveryResult(sink.Name, sink.Table, sink.Target.Title, DeliveryState.Failed, version.Id.Number, 0, 0, message);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Tries until the place takes it: the wait is 1 s and doubles, or what the place asked for.</summary>
    private static DeliveredRows Patiently(SinkDefinition sink, Func<DeliveredRows> deliver, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return deliver();
            }
            catch (DeliveryException e) when (e.IsPassing && attempt < sink.Attempts)
            {
                var wait = e.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, attempt - 1)));
                if (wait > MostPatience)
                    throw;
                cancellationToken.WaitHandle.WaitOne(wait);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static void CheckKey(DuckConnection connection, SinkDefinition sink, Snapshot snapshot)
    {
        if (sink.Key.FirstOrDefault(k => snapshot.Schema.Find(k) is null) is { } missing)
            throw new DeliveryException($"The key of the sink '{sink.Name}' names the column '{missing}', which {sink.Table} has not. Its columns are: "
                + $"{string.Join(", ", snapshot.Schema.Names)}.");
        if (sink.Key.Count == 0)
            return;
        var keys = string.Join(", ", sink.Key.Select(SqlName.Quote));
        using var empty = connection.Query($"SELECT 1 FROM ({snapshot.ToRelation().Sql}) WHERE {string.Join(" OR ", sink.Key.Select(k => SqlName.Quote(k) + " IS NULL"))} LIMIT 1");
        if (empty.Scalar() is not null)
            throw new DeliveryException($"A row of {sink.Table} has no value in its key ({string.Join(", ", sink.Key)}). Choose a key that every row has, or add a check: not_null.");
        using var twice = connection.Query($"SELECT concat_ws(', ', {keys}) FROM ({snapshot.ToRelation().Sql}) GROUP BY {keys} HAVING count(*) > 1 LIMIT 1");
        if (twice.Scalar() is { } key)
            throw new DeliveryException($"Two rows of {sink.Table} have the key ({string.Join(", ", sink.Key)}) = ({key}). Choose a key that tells all rows apart, or add a check: unique.");
    }

    /// <summary>Files that both versions hold have the same rows: only the others are compared.</summary>
    private static TableChanges? Changes(LakeTable table, Snapshot now, AssetVersion version, AssetVersion earlier, IReadOnlyList<string> key)
    {
        if (earlier.Build != version.Build)
            return null;
        Snapshot then;
        try
        {
            then = table.Read(earlier.Number);
        }
        catch (LakeException)
        {
            return null;
        }

        var (before, after) = (then.Files.Select(f => f.Key).ToHashSet(StringComparer.Ordinal), now.Files.Select(f => f.Key).ToHashSet(StringComparer.Ordinal));
        var came = now.Files.Where(f => !before.Contains(f.Key)).ToList();
        var gone = then.Files.Where(f => !after.Contains(f.Key)).ToList();
        if (!then.Schema.Equals(now.Schema) || gone.Any(f => !File.Exists(f.FullPath(table.Folder))))
            return null;
        var added = FileRelation.Of(table.Folder, now.Schema, now.PartitionColumns, came).Sql;
        var removed = FileRelation.Of(table.Folder, then.Schema, then.PartitionColumns, gone).Sql;
        var keys = string.Join(", ", key.Select(SqlName.Quote));
        return new TableChanges(
            $"SELECT * FROM ({added}) EXCEPT ALL SELECT * FROM ({removed})",
            $"SELECT {keys} FROM ({removed}) EXCEPT SELECT {keys} FROM ({added})");
    }
}
