using System.Globalization;
using Microsoft.Data.Sqlite;
using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>A table or query of an SQLite file, read in one snapshot.</summary>
internal sealed class SqliteConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "sqlite";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "sqlite section",
        "A table or query of an SQLite database.",
        new Key("file", KeyKind.Text, "The database's file, relative to the project folder.") { IsRequired = true, Example = "data/shop.db" },
        new Key("table", KeyKind.Text, "The table or view.") { Example = "orders" },
        new Key("query", KeyKind.Text, "One SELECT in place of a table.") { Example = "SELECT id, amount FROM orders WHERE amount > 0" },
        new Key("busy_seconds", KeyKind.Number, "How long to wait while another program writes.") { Default = 60, Minimum = 0, Maximum = 86400 });

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        var (table, query) = (section.Text("table"), section.Text("query"));
        if ((table is null) == (query is null))
        {
            section.Report("missing-key", "Give either 'table' or 'query', for example table: orders.", table is null ? null : "query");
            return null;
        }

        return section.Text("file") is not { } file
            ? null
            : new SqlitePlace { File = file, Table = table, Query = query, Busy = TimeSpan.FromSeconds(section.Number("busy_seconds") ?? 60) };
    }
}

/// <summary>A table or query of an SQLite file.</summary>
/// <remarks>
/// A value comes as SQLite stores it: whole numbers and floating numbers as JSON numbers, text as text, bytes in the form that a BLOB is read
/// from. What the column was declared as does not matter, since SQLite does not hold to it: the contract decides.
/// </remarks>
internal sealed record SqlitePlace : Place
{
    private const int Busy5 = 5, Locked = 6, CannotOpen = 14, NoDatabase = 26, Corrupt = 11, Interrupted = 9;

    public required string File { get; init; }

    public string? Table { get; init; }

    public string? Query { get; init; }

    public TimeSpan Busy { get; init; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public override string Identity => $"sqlite {(Table is null ? "query " + Query : "table " + Table)}";

    /// <inheritdoc/>
    public override string Format => "ndjson";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        SQLitePCL.Batteries_V2.Init();
        var path = Path.Combine(request.ProjectFolder, request.Secrets.Resolve(File));
        if (!System.IO.File.Exists(path))
            throw new SourceException($"The SQLite file '{File}' is not there. Put it there, or change 'file' in {request.Source.File}.");
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString)
            {
                DefaultTimeout = Math.Max(1, (int)Busy.TotalSeconds),
            };
            connection.Open();
            using var cancel = cancellationToken.Register(() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle));
            return Rows(connection, request, cancellationToken);
        }
        catch (SqliteException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new SourceException($"SQLite file '{File}': {request.Secrets.Hide(e.Message)} {Advice(e, request)}", e);
        }
    }

    private FetchResult Rows(SqliteConnection connection, FetchRequest request, CancellationToken cancellationToken)
    {
        // The first read of a transaction takes the snapshot that all of it reads.
        using var transaction = connection.BeginTransaction(deferred: true);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        var from = Table is null ? $"(\n{Query!.TrimEnd().TrimEnd(';')}\n)" : SqlName.Quote(Table);
        command.CommandText = $"SELECT * FROM {from} AS millrace_rows{Part(request, command)}";
        using var reader = command.ExecuteReader();
        var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
        foreach (var column in request.Source.Columns)
        {
            if (!names.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw new SourceException(
                    $"{What} has no column '{column.Name}', which {request.Source.File} declares in line {column.Line}. It has: {string.Join(", ", names)}. "
                    + "Change the column's name there, or take it out of the contract.");
            }
        }

        var wanted = names.Select(n => request.Source.Columns.FirstOrDefault(c => c.Name.Equals(n, StringComparison.OrdinalIgnoreCase))?.Type).ToList();
        using var lines = new JsonLines(request.Landing, "rows.ndjson");
        while (reader.Read())
        {
            if (lines.Rows % 1024 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            Write(lines, reader, names, wanted);
        }

        var landed = lines.Close();
        return new FetchResult
        {
            IsWhole = request.Range is null,
            Receipts = [new Receipt(What, [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), new Dictionary<string, string>
            {
                ["rows"] = lines.Rows.ToString(CultureInfo.InvariantCulture),
            })],
        };
    }

    private string What => Table is null ? $"The query of the SQLite file '{File}'" : $"The table '{Table}' of the SQLite file '{File}'";

    private static void Write(JsonLines lines, SqliteDataReader reader, List<string> names, List<DataType?> wanted)
    {
        var json = lines.Json;
        json.WriteStartObject();
        for (var i = 0; i < names.Count; i++)
        {
            json.WritePropertyName(names[i]);
            switch (SQLitePCL.raw.sqlite3_column_type(reader.Handle, i))
            {
                case SQLitePCL.raw.SQLITE_INTEGER when wanted[i] == DataType.Boolean && reader.GetInt64(i) is 0 or 1:
                    json.WriteBooleanValue(reader.GetInt64(i) == 1);
                    break;
                case SQLitePCL.raw.SQLITE_INTEGER:
                    json.WriteNumberValue(reader.GetInt64(i));
                    break;
                case SQLitePCL.raw.SQLITE_FLOAT when double.IsFinite(reader.GetDouble(i)):
                    // A whole number that a column of decimals stores as a floating one is written without an exponent.
                    var number = reader.GetDouble(i);
                    if (Math.Abs(number) < 1e15)
                        json.WriteRawValue(number.ToString("0.################################", CultureInfo.InvariantCulture) is var text && double.Parse(text, CultureInfo.InvariantCulture).Equals(number) ? text : number.ToString("R", CultureInfo.InvariantCulture), true);
                    else
                        json.WriteNumberValue(number);
                    break;
                case SQLitePCL.raw.SQLITE_FLOAT:
                    json.WriteStringValue(reader.GetDouble(i) > 0 ? "Infinity" : "-Infinity");
                    break;
                case SQLitePCL.raw.SQLITE_TEXT:
                    json.WriteStringValue(reader.GetString(i));
                    break;
                case SQLitePCL.raw.SQLITE_BLOB:
                    json.WriteStringValue(JsonLines.BlobText(reader.GetFieldValue<byte[]>(i)));
                    break;
                default:
                    json.WriteNullValue();
                    break;
            }
        }

        json.WriteEndObject();
        lines.End();
    }

    /// <summary>The condition and the order that the cursor asks for; rows without a value come too.</summary>
    private static string Part(FetchRequest request, SqliteCommand command)
    {
        if (request.Range is not { } range || request.Source.Cursor?.Column is not { } name)
            return "";
        var type = request.Source.Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Type;
        var column = "millrace_rows." + SqlName.Quote(name);
        var parts = new List<string>();
        if (range.From is { } start)
        {
            parts.Add($"{column} {(range.IsFromIncluded ? ">=" : ">")} @from");
            command.Parameters.AddWithValue("@from", Value(start, type));
        }

        if (range.To is { } end)
        {
            parts.Add($"{column} < @to");
            command.Parameters.AddWithValue("@to", Value(end, type));
        }

        return (parts.Count == 0 ? "" : $" WHERE ({string.Join(" AND ", parts)}) OR {column} IS NULL") + $" ORDER BY {column}";
    }

    /// <summary>SQLite puts every number before every text, so that the value is bound as what the column holds.</summary>
    private static object Value(string text, DataType? type)
    {
        if (type is not { IsNumeric: true })
            return text;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : text;
    }

    private string Advice(SqliteException e, FetchRequest request) => e.SqliteErrorCode switch
    {
        Busy5 or Locked => $"Another program held it for more than {Busy.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s. Run again, or raise 'busy_seconds'.",
        CannotOpen => "Check that it may be read.",
        NoDatabase => $"It is no SQLite database, or an encrypted one. Check 'file' in {request.Source.File}.",
        Corrupt => "It is damaged: put it back from a copy.",
        Interrupted => "Somebody ended the statement.",
        _ => $"Check 'table' or 'query' in {request.Source.File}.",
    };
}
