using System.Globalization;
using System.Net.Sockets;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Npgsql;

namespace Millrace.Sources.Connectors;

/// <summary>A table or a query of PostgreSQL, read in one snapshot; or the changes of a table, read from its log.</summary>
/// <remarks>
/// Rows come through <c>COPY</c> in the server's text form, which loses nothing: decimals keep their digits, a time with zone comes in UTC, and
/// NULL is no empty text. Changes come through logical replication with the server's own <c>pgoutput</c>; see <see cref="PostgresChanges"/>.
/// </remarks>
internal sealed class PostgresConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "postgres";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "postgres section",
        "A table or query of a PostgreSQL database.",
        [
        .. PostgresServer.Keys,
        new Key("table", KeyKind.Text, "The table, with its schema where it is not public.") { Example = "sales.orders" },
        new Key("query", KeyKind.Text, "One SELECT in place of a table.") { Example = "SELECT id, amount FROM orders WHERE amount > 0" },
        new Key("read", KeyKind.Word, "The rows as they stand, or the changes of a table since the last load, by logical replication.")
        {
            Words = ["rows", "changes"],
            Default = "rows",
        },
        new Key("slot", KeyKind.Text, "The replication slot; without it millrace_ and the source's name.") { Example = "millrace_orders" },
        new Key("publication", KeyKind.Text, "The publication; without it the slot's name.") { Example = "millrace_orders" },
        ]);

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        var (table, query) = (section.Text("table"), section.Text("query"));
        var isSound = true;
        void Wrong(string code, string message, string? key = null)
        {
            section.Report(code, message, key);
            isSound = false;
        }

        if ((table is null) == (query is null))
            Wrong("missing-key", "Give either 'table' or 'query', for example table: sales.orders.", table is null ? null : "query");
        if (table is not null && (table.Length == 0 || table.Split('.').Length > 2 || table.Split('.').Any(p => p.Length == 0)))
            Wrong("bad-value", $"'table' is '{table}'. Write a table, or a schema and a table, for example sales.orders.", "table");
        var isChanges = section.Text("read") == "changes";
        if (isChanges && table is null && isSound)
            Wrong("missing-key", "'read: changes' follows one table. Give 'table' in place of 'query'.", "read");
        foreach (var key in (string[])["slot", "publication"])
        {
            if (section.Text(key) is not { } name)
                continue;
            if (!isChanges)
                Wrong("unknown-key", $"'{key}' is for read: changes. Add that, or remove '{key}'.", key);
            else if (key == "slot" && (name.Length is 0 or > 63 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')))
                Wrong("bad-value", $"'slot' is '{name}'. A replication slot's name has a-z, 0-9 and _, at most 63 of them.", key);
        }

        if (!isSound || PostgresServer.Read(section) is not { } server)
            return null;
        return new PostgresPlace
        {
            Server = server,
            Table = table,
            Query = query,
            IsChanges = isChanges,
            Slot = section.Text("slot"),
            Publication = section.Text("publication"),
        };
    }
}

/// <summary>A table or query of a PostgreSQL database.</summary>
internal sealed record PostgresPlace : Place
{
    /// <summary>What makes the server write values in one form only.</summary>
    private const string Settings =
        "SET timezone='UTC'; SET datestyle='ISO, YMD'; SET intervalstyle='iso_8601'; SET bytea_output='hex'; SET extra_float_digits=3; "
        + "SET lc_monetary='C'; SET standard_conforming_strings=on; SET statement_timeout=0; SET idle_in_transaction_session_timeout=0";

    public required PostgresServer Server { get; init; }

    public string? Table { get; init; }

    public string? Query { get; init; }

    public bool IsChanges { get; init; }

    public string? Slot { get; init; }

    public string? Publication { get; init; }

    /// <inheritdoc/>
    public override string Identity => $"postgres {Server.Database} {(Table is null ? "query " + Query : "table " + Table)}{(IsChanges ? " changes" : "")}";

    /// <inheritdoc/>
    public override string Format => "ndjson";

    /// <summary>The table as SQL names it.</summary>
    public string QuotedTable => string.Join('.', Table!.Split('.').Select(SqlName.Quote));

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return IsChanges ? new PostgresChanges(this, request).Fetch(cancellationToken) : Rows(request, cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(e, request.Secrets);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Explain(e, request.Secrets);
        }
    }

    /// <summary>Opens a connection whose values come in one form.</summary>
    public NpgsqlConnection Open(FetchRequest request)
    {
        var connection = new NpgsqlConnection(Connect(request).ConnectionString);
        try
        {
            connection.Open();
            Execute(connection, Settings);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>How the server is reached, with the secrets in it.</summary>
    public NpgsqlConnectionStringBuilder Connect(FetchRequest request) => Server.Connect(request.Secrets, request.ProjectFolder);

    /// <summary>Where it is, for messages.</summary>
    public string Where(Secrets secrets) => Server.Where(secrets);

    public static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Copies what a SELECT gives, row by row as JSON.</summary>
    public void Copy(
        NpgsqlConnection connection, string select, PostgresRow row, JsonLines lines, Action<System.Text.Json.Utf8JsonWriter>? more, CancellationToken cancellationToken)
    {
        // Until the first row only the asynchronous form can be cancelled.
        using var reader = connection.BeginTextExportAsync($"COPY ({select}) TO STDOUT (ENCODING 'UTF8')", cancellationToken)
            .ConfigureAwait(false).GetAwaiter().GetResult();
        using var cancel = cancellationToken.Register(static r => ((NpgsqlCopyTextReader)r!).Cancel(), reader);
        var copy = new PostgresCopy(((StreamReader)reader).BaseStream);
        while (copy.Next())
        {
            lines.Json.WriteStartObject();
            row.Write(lines.Json, copy);
            more?.Invoke(lines.Json);
            lines.Json.WriteEndObject();
            lines.End();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Fails when the contract has a column that does not come.</summary>
    public void CheckColumns(SourceDefinition source, IReadOnlyList<string> names, IReadOnlyList<string> added, Secrets secrets)
    {
        foreach (var column in source.Columns)
        {
            if (names.Concat(added).Any(n => n.Equals(column.Name, StringComparison.OrdinalIgnoreCase)))
                continue;
            throw new SourceException(
                $"{What(secrets)} has no column '{column.Name}', which {source.File} declares in line {column.Line}. It has: {string.Join(", ", names)}. "
                + "Change the column's name there, or take it out of the contract.");
        }
    }

    /// <summary>The table or query with its place.</summary>
    public string What(Secrets secrets) => (Table is null ? "The query" : $"The table '{Table}'") + $" in {Where(secrets)}";

    /// <summary>The way out of what the server said.</summary>
    public SourceException Explain(Exception e, Secrets secrets)
    {
        var where = Where(secrets);
        var error = e as PostgresException ?? e.InnerException as PostgresException;
        var text = error is null ? e.Message + (e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? " " + inner.Message : "") : error.MessageText;
        var said = secrets.Hide(text).TrimEnd('.');
        var advice = error?.SqlState switch
        {
            "28P01" or "28000" => $"The server does not let '{secrets.Hide(Server.User)}' in. Check 'user' and 'password', and what pg_hba.conf says of this user.",
            "3D000" => "Check 'database'.",
            "42P01" => "Check 'table', with its schema where that is not public, or the query.",
            "42703" => "Check the columns that the query, the contract or the cursor names.",
            "42501" => $"Grant it: GRANT SELECT ON {Table ?? "the tables of the query"} TO {Server.User}.",
            "53300" => "All of the server's connections are taken. Try again later.",
            "42601" => "'query' takes one SELECT.",
            "57014" => "Somebody or a time-out ended the statement.",
            "22007" or "22P02" => "The cursor's value is none of its column: check 'cursor', and the contract's type of its column.",
            null when e is OperationCanceledException or TimeoutException or SocketException || e.InnerException is SocketException or TimeoutException =>
                "Check 'host' and 'port', and that the server runs.",
            null => "The connection broke off. Nothing of this load is kept; run again.",
            _ => $"(SQLSTATE {error!.SqlState})",
        };
        return new SourceException($"{where}: {said}. {advice}", e);
    }

    private FetchResult Rows(FetchRequest request, CancellationToken cancellationToken)
    {
        using var connection = Open(request);
        using var transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        Execute(connection, "SET TRANSACTION READ ONLY");
        var from = Table is null ? $"(\n{Query!.TrimEnd().TrimEnd(';')}\n)" : QuotedTable;
        var row = PostgresRow.Of(connection, $"SELECT * FROM {from} AS millrace_rows", request.Source);
        CheckColumns(request.Source, row.Names, [], request.Secrets);
        using var lines = new JsonLines(request.Landing, "rows.ndjson");
        Copy(connection, $"SELECT * FROM {from} AS millrace_rows{Part(request, row)}", row, lines, null, cancellationToken);
        var landed = lines.Close();
        transaction.Rollback();
        return new FetchResult
        {
            IsWhole = request.Range is null,
            Receipts = [new Receipt(What(request.Secrets), [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), new Dictionary<string, string>
            {
                ["rows"] = lines.Rows.ToString(CultureInfo.InvariantCulture),
            })],
        };
    }

    /// <summary>The condition and the order that the cursor asks for. Rows without a value come too: whether they are wanted is no matter of the place.</summary>
    private static string Part(FetchRequest request, PostgresRow row)
    {
        if (request.Range is not { } range || request.Source.Cursor?.Column is not { } name)
            return "";
        var index = row.IndexOf(name);
        var column = "millrace_rows." + SqlName.Quote(row.Names[index]) + (row.IsText(index) ? " COLLATE \"C\"" : "");
        var parts = new List<string>();
        if (range.From is { } start)
            parts.Add($"{column} {(range.IsFromIncluded ? ">=" : ">")} {SqlName.Text(start)}");
        if (range.To is { } end)
            parts.Add($"{column} < {SqlName.Text(end)}");
        return (parts.Count == 0 ? "" : $" WHERE ({string.Join(" AND ", parts)}) OR {column} IS NULL") + $" ORDER BY {column}";
    }
}
