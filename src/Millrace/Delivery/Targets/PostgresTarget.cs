using System.Data.Common;
using System.Globalization;
using Dapper;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;
using Npgsql;

namespace Millrace.Delivery.Targets;

/// <summary>A table of a PostgreSQL database, brought to the version in one transaction.</summary>
/// <remarks>
/// Beside the table lies <c>millrace_delivery</c>, with the version that each sink delivered: written in the same transaction, it is what
/// a later delivery builds on, so that each version arrives exactly once, whatever is killed when.
/// </remarks>
internal sealed record PostgresTarget(PostgresServer Server, string Schema, string Table, string OnExisting) : Target
{
    public static readonly Shape Shape = new(
        "postgres section",
        "A table of a PostgreSQL database, changed in one transaction.",
        [
        .. PostgresServer.Keys,
        new Key("table", KeyKind.Text, "The table, with its schema where that is not public; made when it is missing.") { IsRequired = true, Example = "reporting.hourly" },
        new Key("on_existing", KeyKind.Word, "What is done about rows that lie there before the first delivery: it is refused, or "
            + "they go.")
        {
            Words = ["refuse", "replace"],
            Default = "refuse",
        },
        ]);

    private string Name => $"{Quote(Schema)}.{Quote(Table)}";

    public override string Identity => string.Create(CultureInfo.InvariantCulture, $"{Server.Host}\n{Server.Port}\n{Server.Database}\n{Schema}.{Table}");

    public override string Title => $"table {Schema}.{Table}";

    public override string? Objection(DeliveryMode mode, IReadOnlyList<string> key) => mode == DeliveryMode.Changes && key.Count == 0
        ? "Rows that changed or went are found by their key. Add key: with the columns that identify a row, or write mode: whole."
        : null;

    public static Target? Read(Section section)
    {
        if (PostgresServer.Read(section) is not { } server || section.Text("table") is not { } table)
            return null;
        var parts = table.Split('.');
        if (parts.Length > 2 || parts.Any(p => p.Length == 0))
        {
            section.Report("bad-name", $"'table' is '{table}', but takes table or schema.table.", "table");
            return null;
        }

        return new PostgresTarget(server, parts.Length == 2 ? parts[0] : "public", parts[^1], section.Text("on_existing") ?? "refuse");
    }

    public override DeliveredRows Deliver(DeliveryOrder order, CancellationToken cancellationToken)
    {
        var sender = $"{order.Sender}/{order.Sink.Name}";
        try
        {
            using var connection = Open(order);
            using var transaction = connection.BeginTransaction();
            using var cancel = cancellationToken.Register(connection.Close);
            var there = Standing(connection, sender);
            if (there is { } known && known.Version == order.Version && known.Identity == order.Sink.IdentityHash)
                return new DeliveredRows(0, 0, true, Title);

            var isNew = Prepare(connection, order, there is not null);
            var changes = order.Sink.Mode == DeliveryMode.Changes && !isNew && there is { } b && b.Identity == order.Sink.IdentityHash ? order.ChangesSince(b.Version) : null;
            var (rows, deleted) = changes is not null
                ? Apply(connection, order, changes)
                : Replace(connection, order);
            connection.Execute(
                "update " + Quote(Schema) + ".millrace_delivery set asset = @asset, build = @build, version = @version, identity = @identity, delivered_at = now() where sink = @sender",
                new { asset = order.Version.Asset.ToString(), build = order.Version.Build.Fingerprint.Text, version = order.Version.Number, identity = order.Sink.IdentityHash, sender });
            cancellationToken.ThrowIfCancellationRequested();
            Failpoint.Pass("delivery.before-commit");
            transaction.Commit();
            Failpoint.Pass("delivery.committed");
            return new DeliveredRows(rows, deleted, false, Title);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException)
        {
            throw new DeliveryException($"The {Server.Where(order.Secrets)} did not take the rows for {Title}: {order.Secrets.Hide(e.Message)}", e)
            {
                IsPassing = e is NpgsqlException { IsTransient: true } or IOException or TimeoutException,
            };
        }
    }

    private NpgsqlConnection Open(DeliveryOrder order)
    {
        var connection = new NpgsqlConnection(Server.Connect(order.Secrets, order.ProjectFolder).ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What the sink delivered here last. The row is locked, so that two deliveries of one sink follow each other.</summary>
    private (AssetVersion Version, string Identity)? Standing(NpgsqlConnection connection, string sender)
    {
        var table = Quote(Schema) + ".millrace_delivery";
        connection.Execute(
            $"""
            create table if not exists {table} (
                sink text primary key, asset text, build text, version bigint, identity text, delivered_at timestamptz);
            insert into {table} (sink) values (@sender) on conflict do nothing
            """,
            new { sender });
        var (asset, build, version, identity) = connection.QuerySingle<(string? Asset, string? Build, long? Version, string? Identity)>(
            $"select asset, build, version, identity from {table} where sink = @sender for update", new { sender });
        return asset is null ? null : (new AssetVersion(new Build(AssetKey.Parse(asset), new Fingerprint(build!)), version!.Value), identity!);
    }

    /// <summary>Makes the table, or adds the columns that it lacks.</summary>
    /// <returns>True when the table or a column is new, so that all rows have to come.</returns>
    private bool Prepare(NpgsqlConnection connection, DeliveryOrder order, bool isOurs)
    {
        var present = connection.Query<string>(
            "select column_name from information_schema.columns where table_schema = @Schema and table_name = @Table", new { Schema, Table }).ToHashSet(StringComparer.Ordinal);
        if (present.Count == 0)
        {
            connection.Execute($"create table {Name} ({string.Join(", ", order.Schema.Columns.Select(c => $"{Quote(c.Name)} {TypeOf(c.Type)}"))})");
            if (order.Sink.Key.Count > 0)
                connection.Execute($"alter table {Name} add primary key ({Keys(order)})");
            return true;
        }

        if (!isOurs && OnExisting == "refuse" && connection.ExecuteScalar<bool>($"select exists (select from {Name})"))
        {
            throw new DeliveryException($"{Title} holds rows already, and none of them was delivered by this sink. Name another table, empty it, or let them "
                + "go with on_existing: replace.");
        }

        var missing = order.Schema.Columns.Where(c => !present.Contains(c.Name)).ToList();
        foreach (var column in missing)
            connection.Execute($"alter table {Name} add column {Quote(column.Name)} {TypeOf(column.Type)}");
        return missing.Count > 0 || !isOurs;
    }

    /// <summary>All rows: with a key those that lie there are changed in place, and those that are no more go; without one all go first.</summary>
    private (long Rows, long Deleted) Replace(NpgsqlConnection connection, DeliveryOrder order)
    {
        if (order.Sink.Key.Count == 0)
        {
            var gone = connection.Execute($"delete from {Name}");
            return (Copy(connection, order, order.Rows, Name, order.Schema.Columns), gone);
        }

        var rows = Upsert(connection, order, order.Rows);
        var deleted = connection.Execute($"delete from {Name} t where not exists (select from millrace_rows s where {SameKey(order)})");
        return (rows, deleted);
    }

    private (long Rows, long Deleted) Apply(NpgsqlConnection connection, DeliveryOrder order, TableChanges changes)
    {
        var keys = order.Schema.Columns.Where(c => order.Sink.Key.Contains(c.Name)).ToList();
        connection.Execute($"create temp table millrace_gone on commit drop as select {Keys(order)} from {Name} with no data");
        Copy(connection, order, changes.Deletes, "millrace_gone", keys);
        var deleted = connection.Execute($"delete from {Name} t using millrace_gone s where {SameKey(order)}");
        return (Upsert(connection, order, changes.Upserts), deleted);
    }

    private long Upsert(NpgsqlConnection connection, DeliveryOrder order, string select)
    {
        var columns = string.Join(", ", order.Schema.Names.Select(Quote));
        connection.Execute($"create temp table millrace_rows on commit drop as select {columns} from {Name} with no data");
        var rows = Copy(connection, order, select, "millrace_rows", order.Schema.Columns);
        var twice = connection.QueryFirstOrDefault<string>($"select concat_ws(', ', {Keys(order)}) from millrace_rows group by {Keys(order)} having count(*) > 1 limit 1");
        if (twice is not null)
            throw new DeliveryException($"Two rows have the key ({string.Join(", ", order.Sink.Key)}) = ({twice}), so that {Title} could hold only one of them. "
                + "Choose a key that tells all rows apart, or add a check: unique.");
        connection.Execute($"create index on millrace_rows ({Keys(order)}); analyze millrace_rows");

        // Neither needs an index on the target, which may be a table of others.
        var rest = order.Schema.Names.Except(order.Sink.Key).ToList();
        if (rest.Count > 0)
        {
            connection.Execute($"""
                update {Name} t set {string.Join(", ", rest.Select(c => $"{Quote(c)} = s.{Quote(c)}"))} from millrace_rows s
                where {SameKey(order)} and ({string.Join(", ", rest.Select(c => "t." + Quote(c)))}) is distinct from ({string.Join(", ", rest.Select(c => "s." + Quote(c)))})
                """);
        }

        connection.Execute($"insert into {Name} ({columns}) select {columns} from millrace_rows s where not exists (select from {Name} t where {SameKey(order)})");
        return rows;
    }

    /// <summary>Streams rows as CSV in which every value is quoted and only NULL is not, so that an empty text stays one.</summary>
    private static long Copy(NpgsqlConnection connection, DeliveryOrder order, string select, string into, IReadOnlyList<Column> columns)
    {
        Directory.CreateDirectory(order.Scratch);
        var path = Path.Combine(order.Scratch, Guid.NewGuid().ToString("N") + ".csv");
        var values = string.Join(", ", columns.Select(c => $"{Written(c)} AS {SqlName.Quote(c.Name)}"));
        using (var written = order.Connection.Query($@"COPY (SELECT {values} FROM ({select})) TO {SqlName.Text(path)} (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '\N')"))
        {
            var rows = Convert.ToInt64(written.Scalar(), CultureInfo.InvariantCulture);
            using (var from = new StreamReader(path))
            using (var to = connection.BeginTextImport($@"COPY {into} ({string.Join(", ", columns.Select(c => Quote(c.Name)))}) FROM STDIN (FORMAT csv, NULL '\N')"))
            {
                var buffer = new char[1 << 16];
                for (var read = from.Read(buffer); read > 0; read = from.Read(buffer))
                    to.Write(buffer, 0, read);
            }

            File.Delete(path);
            return rows;
        }
    }

    private static string Written(Column column)
    {
        var name = SqlName.Quote(column.Name);
        if (column.Type == DataType.Binary)
            return $@"'\x' || lower(hex({name}))";
        return column.Type.IsNested ? $"to_json({name})::VARCHAR" : name;
    }

    /// <summary>PostgreSQL has no integer of 8 bits; nested values are jsonb.</summary>
    private static string TypeOf(DataType type) => type switch
    {
        _ when type == DataType.Boolean => "boolean",
        _ when type == DataType.Byte || type == DataType.Short => "smallint",
        _ when type == DataType.Integer => "integer",
        _ when type == DataType.Long => "bigint",
        _ when type == DataType.Float => "real",
        _ when type == DataType.Double => "double precision",
        _ when type == DataType.Date => "date",
        _ when type == DataType.Timestamp => "timestamptz",
        _ when type == DataType.TimestampNtz => "timestamp",
        _ when type == DataType.Binary => "bytea",
        { IsDecimal: true } => "numeric" + type.Sql["DECIMAL".Length..],
        { IsNested: true } => "jsonb",
        _ => "text",
    };

    private static string SameKey(DeliveryOrder order) => string.Join(" and ", order.Sink.Key.Select(k => $"t.{Quote(k)} = s.{Quote(k)}"));

    private static string Keys(DeliveryOrder order) => string.Join(", ", order.Sink.Key.Select(Quote));

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
