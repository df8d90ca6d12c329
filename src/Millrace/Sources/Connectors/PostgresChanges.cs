using System.Data;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;
using NpgsqlTypes;

namespace Millrace.Sources.Connectors;

/// <summary>The changes of one table of PostgreSQL, in the order of their commits, by logical replication.</summary>
/// <remarks>
/// <para>
/// The first fetch makes a publication and a permanent slot and reads the table in one snapshot. A fetch after it reads the slot from the
/// position that stands in the state up to where the server's log ended when it began. The slot moves only in Acknowledge, so that what was
/// not committed comes again; a commit is read once, since reading starts at the committed position and not at the slot's.
/// </para>
/// <para>
/// A transaction that the snapshot saw is left out of the changes by its number, also where the slot is older than the snapshot: so a first
/// fetch that died after making the slot is simply done again.
/// </para>
/// </remarks>
internal sealed class PostgresChanges(PostgresPlace place, FetchRequest request)
{
    /// <summary>The columns that a change has beside those of the table; a row has those that the contract declares.</summary>
    private const string Op = "_op", Lsn = "_lsn", Seq = "_seq", Time = "_time", Unchanged = "_unchanged";

    /// <summary>After this many silent ticks of 20 ms the fetch ends with what came: the server may count a few bytes more than it has to send.</summary>
    private const int IdleTicks = 1500;

    private static readonly string[] Added = [Op, Lsn, Seq, Time, Unchanged];

    private readonly string _slot = place.Slot ?? "millrace_" + new string([.. request.Source.Key.Name.Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '_').Take(50)]);

    private readonly HashSet<string> _declared = [.. request.Source.Columns.Select(c => c.Name.ToLowerInvariant()).Where(n => Added.Contains(n))];

    /// <summary>Why the changes cannot say how the table stands; null while they can.</summary>
    private string? _whole;

    private PostgresPlace Place => place;

    private FetchRequest Request => request;

    /// <summary>True when the table is to be as it stands in the database; else it is the list of changes.</summary>
    private bool IsFolded => request.Source.Mode == LoadMode.Changes;

    private string Publication => place.Publication ?? _slot;

    private string What => $"{place.What(request.Secrets)} (slot '{_slot}')";

    private string Anew => $"What lies between is lost to this slot. To read the table anew: drop the slot (SELECT pg_drop_replication_slot('{_slot}')), "
        + "and change 'slot' in the source's file, which starts a build of its own.";

    public FetchResult Fetch(CancellationToken cancellationToken)
    {
        if (!IsFolded && !_declared.Contains(Op))
        {
            throw new SourceException(
                $"{request.Source.File} reads changes, but nothing says what becomes of them. Write 'mode: changes' with 'key', so that the table is as it stands there; "
                + $"or declare the column {Op} (varchar: insert, update, delete, truncate), so that the table is the list of changes.");
        }

        using var connection = place.Open(request);
        if (Scalar(connection, "SHOW wal_level") as string != "logical")
            throw new SourceException($"{place.Where(request.Secrets)} has wal_level '{Scalar(connection, "SHOW wal_level")}', and changes need 'logical'. Set it (ALTER SYSTEM SET wal_level = 'logical') and restart the server.");
        return request.State is null ? First(connection, cancellationToken) : Next(connection, request.State, cancellationToken);
    }

    private FetchResult First(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Keys(connection);
        Publish(connection);
        MakeSlot(connection, cancellationToken);
        return Snapshot(connection, null, null, cancellationToken);
    }

    /// <summary>The table as it stands. The changes after it begin at the position, without those that it saw.</summary>
    private FetchResult Snapshot(NpgsqlConnection connection, ulong? position, string? because, CancellationToken cancellationToken)
    {
        using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        PostgresPlace.Execute(connection, "SET TRANSACTION READ ONLY");
        var seen = (string)Scalar(connection, "SELECT pg_current_snapshot()::text")!;
        var from = position ?? Position(Slot(connection)!.Value.Confirmed);
        var until = (string)Scalar(connection, "SELECT pg_current_wal_insert_lsn()::text")!;
        var select = $"SELECT * FROM {place.QuotedTable} AS millrace_rows";
        var row = PostgresRow.Of(connection, select, request.Source);
        place.CheckColumns(request.Source, row.Names, Added, request.Secrets);
        using var lines = new JsonLines(request.Landing, "snapshot.ndjson");
        var at = request.Time.GetUtcNow();
        place.Copy(connection, select, row, lines, json => Mark(json, "insert", from, 0, at, []), cancellationToken);
        transaction.Rollback();
        var landed = lines.Close();
        return new FetchResult
        {
            State = new JsonObject { ["slot"] = _slot, ["lsn"] = Text(from), ["snapshot"] = seen, ["snapshot_lsn"] = until },
            IsWhole = true,
            Receipts = [Of(landed, at, [("rows", lines.Rows.ToString(CultureInfo.InvariantCulture)), ("lsn", Text(from)), .. because is null ? [] : ((string, string)[])[("because", because)]])],
            Acknowledge = () => Advance(from),
        };
    }

    private FetchResult Next(NpgsqlConnection connection, JsonObject state, CancellationToken cancellationToken)
    {
        var committed = Position((string)state["lsn"]!);
        var from = Quiet(committed);
        var now = Slot(connection)
            ?? throw new SourceException($"{What}: the replication slot is gone, and the table was read up to position {Text(from)}. {Anew}");
        if ((string?)state["slot"] != _slot)
            throw new SourceException($"{What}: the loads so far were read from the slot '{state["slot"]}'. Give the source that slot, or a name of its own.");
        if (now.Status == "lost")
            throw new SourceException($"{What}: the server has thrown away the log that the slot needs (wal_status 'lost'; see max_slot_wal_keep_size), and the table was read up to position {Text(from)}. {Anew}");
        if (Position(now.Confirmed) > from)
            throw new SourceException($"{What}: the slot stands at {now.Confirmed} and the table was read up to {Text(from)} only: another reader has moved the slot. {Anew} Give each reader a slot of its own.");
        if (now.Pid is { } pid)
            throw new SourceException($"{What}: the slot is in use by the server process {pid}. Wait until that reader ends, or end it.");
        CheckPublished(connection);

        var until = (ulong)NpgsqlLogSequenceNumber.Parse((string)Scalar(connection, "SELECT pg_current_wal_flush_lsn()::text")!);
        var seen = state["snapshot"] is { } snapshot ? new Seen((string)snapshot!, Position((string)state["snapshot_lsn"]!)) : null;
        var lines = new JsonLines(request.Landing, "changes.ndjson");
        ulong end;
        using (lines)
            end = Stream(connection, from, until, seen, lines, cancellationToken).ConfigureAwait(false).GetAwaiter().GetResult();
        if (_whole is { } because)
        {
            request.Landing.Withdraw("changes.ndjson");
            request.Said?.Invoke($"{What}: the whole table is read again, since {because}");
            return Snapshot(connection, from, because, cancellationToken);
        }

        if (lines.Rows == 0)
        {
            request.Landing.Withdraw("changes.ndjson");
            return new FetchResult { State = state, Receipts = [], Acknowledge = () => MoveQuietly(committed, end) };
        }

        var next = new JsonObject { ["slot"] = _slot, ["lsn"] = Text(end) };
        if (seen is not null && end < seen.Until)
            (next["snapshot"], next["snapshot_lsn"]) = (state["snapshot"]!.DeepClone(), state["snapshot_lsn"]!.DeepClone());
        return new FetchResult
        {
            State = next,
            Receipts = [Of(request.Landing.Files[^1], request.Time.GetUtcNow(), ("rows", lines.Rows.ToString(CultureInfo.InvariantCulture)), ("from_lsn", Text(from)), ("to_lsn", Text(end)))],
            Acknowledge = () => Advance(end),
        };
    }

    /// <summary>Reads whole transactions until the log is read up to where it ended.</summary>
    /// <returns>The position after the last one.</returns>
    private async Task<ulong> Stream(NpgsqlConnection catalog, ulong from, ulong until, Seen? seen, JsonLines lines, CancellationToken cancellationToken)
    {
        var text = place.Connect(request);
        text.Options = "-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=iso_8601 -c bytea_output=hex -c extra_float_digits=3 -c lc_monetary=C";
        var replication = new LogicalReplicationConnection(text.ConnectionString) { WalReceiverStatusInterval = TimeSpan.FromSeconds(10) };
        await using var disposed = replication.ConfigureAwait(false);
        await replication.Open(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var options = new PgOutputReplicationOptions(Publication, PgOutputProtocolVersion.V1, binary: false);
        var messages = replication.StartReplication(new PgOutputReplicationSlot(_slot), options, stop.Token, new NpgsqlLogSequenceNumber(from))
            .GetAsyncEnumerator(stop.Token);
        var writer = new Transactions(this, catalog, lines, seen);
        var (isReading, idle) = (true, 0);
        Task<bool>? next = null;
        try
        {
            while (isReading && _whole is null)
            {
                next ??= messages.MoveNextAsync().AsTask();
                if (await Task.WhenAny(next, Task.Delay(20, cancellationToken)).ConfigureAwait(false) != next)
                {
                    // The server tells where it is once it has sent all that lies before.
                    cancellationToken.ThrowIfCancellationRequested();
                    isReading = writer.IsInside || ((ulong)replication.LastReceivedLsn < until && ++idle < IdleTicks);
                    continue;
                }

                if (!await next.ConfigureAwait(false))
                    throw new IOException("The server ended the stream of changes.");
                (next, idle) = (null, 0);
                await writer.Take(messages.Current, cancellationToken).ConfigureAwait(false);
                isReading = writer.IsInside || writer.End < until;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Ended(next, messages).ConfigureAwait(false);
        }

        // Behind a position that the server told us between two transactions nothing of it is left.
        return Math.Max(from, Math.Max(writer.End, (ulong)replication.LastReceivedLsn));
    }

    private static async Task Ended(Task<bool>? next, IAsyncEnumerator<PgOutputReplicationMessage> messages)
    {
        try
        {
            if (next is not null)
                await next.ConfigureAwait(false);
            await messages.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException or IOException or NotSupportedException or InvalidOperationException)
        {
            // The stream was told to end and does so with an error; what it brought before stands.
        }
    }

    /// <summary>Where reading begins: a fetch that found nothing commits nothing, so that how far it moved the slot lies beside the state.</summary>
    private ulong Quiet(ulong committed)
    {
        if (QuietPath is not { } path || !File.Exists(path))
            return committed;
        var note = JsonNode.Parse(File.ReadAllText(path))!;
        return Position((string)note["committed"]!) == committed ? Position((string)note["position"]!) : committed;
    }

    /// <summary>Lets the server throw away log that has nothing of the table: else a table at rest would fill its disk.</summary>
    private void MoveQuietly(ulong committed, ulong position)
    {
        if (QuietPath is not { } path)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", new JsonObject { ["committed"] = Text(committed), ["position"] = Text(position) }.ToJsonString());
        Lake.Storage.DurableFile.Flush(path + ".new");
        File.Move(path + ".new", path, overwrite: true);
        Lake.Storage.DurableFile.FlushFolder(Path.GetDirectoryName(path)!);
        Advance(position);
    }

    private string? QuietPath => request.HomeFolder is { } home ? Path.Combine(home, "slots", request.Source.Key.Name, _slot + ".json") : null;

    /// <summary>Moves the slot to what stands, so that the server may throw away the log before it.</summary>
    private void Advance(ulong position)
    {
        try
        {
            using var connection = place.Open(request);
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    if (Slot(connection) is { } slot && Position(slot.Confirmed) < position)
                        Scalar(connection, $"SELECT pg_replication_slot_advance({SqlName.Text(_slot)}, '{Text(position)}'::pg_lsn)::text");
                    return;
                }
                catch (PostgresException e) when (e.SqlState == "55006" && attempt < 100)
                {
                    // The server has not noticed yet that our reader is gone.
                    Thread.Sleep(100);
                }
            }
        }
        catch (NpgsqlException e)
        {
            throw place.Explain(e, request.Secrets);
        }
    }

    /// <summary>The columns that tell rows of the table apart: its replica identity.</summary>
    private HashSet<string> Keys(NpgsqlConnection connection)
    {
        if (Scalar(connection, $"SELECT relreplident::text FROM pg_class WHERE oid = {Regclass}") is not string identity)
            throw new SourceException($"{What}: there is no such table.");
        var index = identity == "i" ? "i.indisreplident" : "i.indisprimary";
        using var command = new NpgsqlCommand(
            $"SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = {Regclass} AND {index}",
            connection);
        using var reader = command.ExecuteReader();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
            keys.Add(reader.GetString(0));
        if (identity == "n" || (identity == "d" && keys.Count == 0))
            throw new SourceException(
                $"{What}: its rows cannot be told apart, and once it were published the server would refuse to update and delete them. Give the table a primary key, or "
                + $"ALTER TABLE {place.QuotedTable} REPLICA IDENTITY FULL. Nothing was changed.");
        return keys;
    }

    private string Regclass => $"{SqlName.Text(place.QuotedTable)}::regclass";

    private void Publish(NpgsqlConnection connection)
    {
        if (Scalar(connection, $"SELECT 1 FROM pg_publication WHERE pubname = {SqlName.Text(Publication)}") is null)
        {
            var create = $"CREATE PUBLICATION {SqlName.Quote(Publication)} FOR TABLE {place.QuotedTable}";
            try
            {
                PostgresPlace.Execute(connection, create);
            }
            catch (PostgresException e) when (e.SqlState == "42501")
            {
                throw new SourceException($"{What}: the user '{request.Secrets.Hide(place.Server.User)}' may not make the publication: {e.MessageText}. Let the table's owner run: {create}", e);
            }
        }

        CheckPublished(connection);
    }

    private void CheckPublished(NpgsqlConnection connection)
    {
        var name = SqlName.Text(Publication);
        if (Scalar(connection, $"SELECT 1 FROM pg_publication WHERE pubname = {name}") is null)
            throw new SourceException($"{What}: the publication '{Publication}' is gone. Make it again: CREATE PUBLICATION {SqlName.Quote(Publication)} FOR TABLE {place.QuotedTable}. {Anew}");
        if (Scalar(connection, $"SELECT 1 FROM pg_publication_tables WHERE pubname = {name} AND format('%I.%I', schemaname, tablename)::regclass = {Regclass}") is null)
            throw new SourceException($"{What}: the publication '{Publication}' does not have the table. Run: ALTER PUBLICATION {SqlName.Quote(Publication)} ADD TABLE {place.QuotedTable}.");
        if (Scalar(connection, $"SELECT 1 FROM pg_publication WHERE pubname = {name} AND pubinsert AND pubupdate AND pubdelete AND pubtruncate") is null)
            throw new SourceException($"{What}: the publication '{Publication}' leaves out some kinds of changes. Run: ALTER PUBLICATION {SqlName.Quote(Publication)} SET (publish = 'insert, update, delete, truncate').");
    }

    private void MakeSlot(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (Slot(connection) is { } slot)
        {
            if (slot.Status == "lost")
                throw new SourceException($"{What}: the slot is there but lost its log. {Anew}");
            return;
        }

        try
        {
            using var command = new NpgsqlCommand($"SELECT pg_create_logical_replication_slot({SqlName.Text(_slot)}, 'pgoutput')", connection);
            using var cancel = cancellationToken.Register(command.Cancel);
            command.ExecuteNonQuery();
        }
        catch (PostgresException e) when (e.SqlState == "42501")
        {
            throw new SourceException($"{What}: the user '{request.Secrets.Hide(place.Server.User)}' may not make replication slots: {e.MessageText}. Run: ALTER ROLE {place.Server.User} REPLICATION.", e);
        }
        catch (PostgresException e) when (e.SqlState is "53400" or "55000")
        {
            throw new SourceException($"{What}: {e.MessageText}. Raise max_replication_slots, or drop a slot that nobody reads.", e);
        }
    }

    private SlotState? Slot(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "SELECT confirmed_flush_lsn::text, coalesce(wal_status, '')::text, active_pid, plugin::text, database::text, current_database()::text "
            + $"FROM pg_replication_slots WHERE slot_name = {SqlName.Text(_slot)}",
            connection);
        using var reader = command.ExecuteReader();
        if (!reader.Read())
            return null;
        var (plugin, database) = (reader.IsDBNull(3) ? "" : reader.GetString(3), reader.IsDBNull(4) ? "" : reader.GetString(4));
        if (plugin != "pgoutput" || database != reader.GetString(5))
            throw new SourceException($"{What}: the slot is one of another reader ({(plugin.Length == 0 ? "physical" : plugin)}, database '{database}'). Name one of your own with 'slot'.");
        return new SlotState(reader.IsDBNull(0) ? "0/0" : reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetInt32(2));
    }

    private void Mark(Utf8JsonWriter json, string op, ulong lsn, long sequence, DateTimeOffset at, IReadOnlyList<string> unchanged)
    {
        json.WriteString(Op, op);
        if (_declared.Contains(Lsn))
            json.WriteNumber(Lsn, lsn);
        if (_declared.Contains(Seq))
            json.WriteNumber(Seq, sequence);
        if (_declared.Contains(Time))
            json.WriteString(Time, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        if (_declared.Contains(Unchanged))
        {
            if (unchanged.Count == 0)
                json.WriteNull(Unchanged);
            else
                json.WriteString(Unchanged, string.Join(',', unchanged));
        }
    }

    private Receipt Of(LandedFile landed, DateTimeOffset at, params IReadOnlyList<(string Name, string Value)> details) => new(
        place.What(request.Secrets), [landed.Name], landed.Bytes, landed.Hash, at,
        details.Append(("slot", _slot)).ToDictionary(d => d.Item1, d => d.Item2));

    private static object? Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    private static ulong Position(string text) => (ulong)NpgsqlLogSequenceNumber.Parse(text);

    private static string Text(ulong position) => new NpgsqlLogSequenceNumber(position).ToString();

    private readonly record struct SlotState(string Confirmed, string Status, int? Pid);

    /// <summary>What the first snapshot saw: transactions that had ended when it was taken.</summary>
    private sealed class Seen
    {
        private readonly uint _all;
        private readonly uint _none;
        private readonly HashSet<uint> _running;

        public Seen(string snapshot, ulong until)
        {
            var parts = snapshot.Split(':');
            (_all, _none) = ((uint)ulong.Parse(parts[0], CultureInfo.InvariantCulture), (uint)ulong.Parse(parts[1], CultureInfo.InvariantCulture));
            _running = [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(x => (uint)ulong.Parse(x, CultureInfo.InvariantCulture))];
            Until = until;
        }

        /// <summary>No transaction that ends behind this position was seen.</summary>
        public ulong Until { get; }

        // Numbers wrap round; near the snapshot the signed distance orders them.
        public bool Has(uint transaction) => (int)(transaction - _all) < 0 || ((int)(transaction - _none) < 0 && !_running.Contains(transaction));
    }

    /// <summary>Writes the changes of one table, transaction by transaction.</summary>
    private sealed class Transactions(PostgresChanges owner, NpgsqlConnection catalog, JsonLines lines, Seen? seen)
    {
        private readonly Dictionary<uint, (RelationMessage Message, PostgresRow Row, bool[] IsKey)?> _relations = [];
        private ulong _commit;
        private DateTimeOffset _at;
        private long _sequence;
        private bool _isSkipped;

        /// <summary>True between the begin and the commit of a transaction.</summary>
        public bool IsInside { get; private set; }

        /// <summary>The position after the last whole transaction.</summary>
        public ulong End { get; private set; }

        public async Task Take(PgOutputReplicationMessage message, CancellationToken cancellationToken)
        {
            switch (message)
            {
                case BeginMessage begin:
                    IsInside = true;
                    _commit = (ulong)begin.TransactionFinalLsn;
                    _at = new DateTimeOffset(DateTime.SpecifyKind(begin.TransactionCommitTimestamp, DateTimeKind.Utc));
                    _sequence = 0;
                    _isSkipped = seen is not null && _commit < seen.Until && begin.TransactionXid is { } xid && seen.Has(xid);
                    break;
                case CommitMessage commit:
                    IsInside = false;
                    End = (ulong)commit.TransactionEndLsn;
                    break;
                case RelationMessage relation:
                    _relations[relation.RelationId] = Relation(relation);
                    break;
                case InsertMessage insert when Known(insert.Relation) is { } to:
                    await Row("insert", to, insert.NewRow, null, cancellationToken).ConfigureAwait(false);
                    break;
                case FullUpdateMessage update when Known(update.Relation) is { } to:
                    var before = await Values(update.OldRow, cancellationToken).ConfigureAwait(false);
                    await Update(to, before, update.NewRow, true, cancellationToken).ConfigureAwait(false);
                    break;
                case IndexUpdateMessage update when Known(update.Relation) is { } to:
                    var key = await Values(update.Key, cancellationToken).ConfigureAwait(false);
                    await Update(to, key, update.NewRow, false, cancellationToken).ConfigureAwait(false);
                    break;
                case UpdateMessage update when Known(update.Relation) is { } to:
                    await Row("update", to, update.NewRow, null, cancellationToken).ConfigureAwait(false);
                    break;
                case KeyDeleteMessage delete when Known(delete.Relation) is { } to:
                    Write("delete", to, await Values(delete.Key, cancellationToken).ConfigureAwait(false), null);
                    break;
                case FullDeleteMessage delete when Known(delete.Relation) is { } to:
                    Write("delete", to, await Values(delete.OldRow, cancellationToken).ConfigureAwait(false), null);
                    break;
                case TruncateMessage truncate when truncate.Relations.Select(Known).OfType<(RelationMessage Message, PostgresRow Row, bool[] IsKey)>().ToList() is [var to, ..]:
                    if (owner.IsFolded)
                        owner._whole = "it was truncated";
                    else
                        Write("truncate", to, new byte[]?[to.Row.Names.Count], null);
                    break;
            }
        }

        private (RelationMessage Message, PostgresRow Row, bool[] IsKey)? Known(RelationMessage relation) =>
            _isSkipped ? null : _relations.TryGetValue(relation.RelationId, out var known) ? known : _relations[relation.RelationId] = Relation(relation);

        /// <summary>The columns as they were when the change was made; null for a table that is not ours.</summary>
        private (RelationMessage Message, PostgresRow Row, bool[] IsKey)? Relation(RelationMessage relation)
        {
            var name = $"{SqlName.Quote(relation.Namespace)}.{SqlName.Quote(relation.RelationName)}";
            if (Scalar(catalog, $"SELECT 1 WHERE to_regclass({SqlName.Text(name)}) = {owner.Regclass}") is null)
                return null;
            var names = relation.Columns.Select(c => c.ColumnName).ToList();
            var row = PostgresRow.Of(catalog, names, [.. relation.Columns.Select(c => c.DataTypeId)], owner.Request.Source);
            owner.Place.CheckColumns(owner.Request.Source, names, Added, owner.Request.Secrets);
            var keys = owner.Keys(catalog);
            return (relation, row, [.. names.Select(n => keys.Contains(n))]);
        }

        /// <summary>A changed key is a row that goes and another one that comes.</summary>
        private async Task Update(
            (RelationMessage Message, PostgresRow Row, bool[] IsKey) to, byte[]?[] before, ReplicationTuple row, bool isWhole, CancellationToken cancellationToken)
        {
            var (values, kept) = await NewValues(to, row, isWhole ? before : null, cancellationToken).ConfigureAwait(false);
            var hasKey = to.IsKey.Any(k => k);
            var isSame = hasKey && Enumerable.Range(0, values.Length).All(i => !to.IsKey[i] || Same(before[i], values[i]));
            if (!isSame)
                Write("delete", to, before, null);
            Write(isSame ? "update" : "insert", to, values, kept);
        }

        private async Task Row(
            string op, (RelationMessage Message, PostgresRow Row, bool[] IsKey) to, ReplicationTuple row, byte[]?[]? before, CancellationToken cancellationToken)
        {
            var (values, kept) = await NewValues(to, row, before, cancellationToken).ConfigureAwait(false);
            Write(op, to, values, kept);
        }

        /// <summary>The values of a new row. A long value that did not change is not sent: it is taken from the old row where that came, else named.</summary>
        private static async Task<(byte[]?[] Values, List<string>? Kept)> NewValues(
            (RelationMessage Message, PostgresRow Row, bool[] IsKey) to, ReplicationTuple row, byte[]?[]? before, CancellationToken cancellationToken)
        {
            var values = new byte[]?[row.NumColumns];
            List<string>? kept = null;
            var i = 0;
            await foreach (var value in row.ConfigureAwait(false))
            {
                if (value.IsUnchangedToastedValue && before is not null)
                    values[i] = before[i];
                else if (value.IsUnchangedToastedValue)
                    (kept ??= []).Add(to.Row.Names[i]);
                else if (!value.IsDBNull)
                    values[i] = Encoding.UTF8.GetBytes(await value.Get<string>(cancellationToken).ConfigureAwait(false));
                i++;
            }

            return (values, kept);
        }

        private static async Task<byte[]?[]> Values(ReplicationTuple row, CancellationToken cancellationToken)
        {
            var values = new byte[]?[row.NumColumns];
            var i = 0;
            await foreach (var value in row.ConfigureAwait(false))
            {
                if (!value.IsDBNull && !value.IsUnchangedToastedValue)
                    values[i] = Encoding.UTF8.GetBytes(await value.Get<string>(cancellationToken).ConfigureAwait(false));
                i++;
            }

            return values;
        }

        private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);

        private void Write(string op, (RelationMessage Message, PostgresRow Row, bool[] IsKey) to, byte[]?[] values, List<string>? kept)
        {
            if (kept is not null && owner.IsFolded)
            {
                owner._whole = $"an update left {string.Join(", ", kept.Select(k => $"'{k}'"))} as it was, and the server does not send long values that did not change. "
                    + $"ALTER TABLE {owner.Place.QuotedTable} REPLICA IDENTITY FULL makes it send them";
                return;
            }

            if (kept is not null && !owner._declared.Contains(Unchanged))
            {
                throw new SourceException(
                    $"{owner.What}: an update left {string.Join(", ", kept.Select(k => $"'{k}'"))} as it was, and the server does not send long values that did not change. "
                    + $"Declare the column {Unchanged} (varchar), which names such columns and then holds '{string.Join(',', kept)}'; "
                    + $"or, for later changes, ALTER TABLE {owner.Place.QuotedTable} REPLICA IDENTITY FULL.");
            }

            var json = lines.Json;
            json.WriteStartObject();
            for (var i = 0; i < values.Length; i++)
            {
                if (values[i] is { } value)
                    to.Row.Write(json, i, value);
                else
                    to.Row.WriteNull(json, i);
            }

            owner.Mark(json, op, _commit, ++_sequence, _at, kept ?? []);
            json.WriteEndObject();
            lines.End();
        }
    }
}
