using System.Globalization;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Sources;

/// <summary>CSV files as SQL: rows that fit the contract, and rows that cannot be read, with the reason.</summary>
/// <remarks>
/// The engine's reader rounds 1.5 to 2 for a BIGINT, cuts the time off a DATE and the zone off a TIMESTAMP without a word. So these types are
/// read as text and cast here, and a value counts as read only when it says exactly what was written. The first pass takes it that all do and
/// stops at the first that does not; the second sorts them.
/// </remarks>
internal sealed class CsvSource(SourceDefinition source, string folder, IReadOnlyList<string> paths)
{
    private const string Unfaithful = "millrace: a value does not say what its column holds";

    private readonly IReadOnlyList<IGrouping<string, string>> _groups =
        [.. paths.GroupBy(p => string.Join('\u0001', CsvHeader.Read(folder, p, source)), StringComparer.Ordinal)];

    /// <summary>True for the engine's word that a value could not be read: then the second pass sorts the rows.</summary>
    public static bool IsUnreadable(DuckException e) =>
        e.Kind is DuckErrorKind.Conversion or DuckErrorKind.OutOfRange || e.Message.Contains(Unfaithful, StringComparison.Ordinal)
            || (e.Kind is DuckErrorKind.InvalidInput && e.Message.Contains("Could not", StringComparison.Ordinal));

    /// <summary>The rows, for when every value fits; else reading them stops with an error that <see cref="IsUnreadable"/> knows.</summary>
    public string Rows => Union((names, files, i) => $"SELECT {Columns(Fast)} FROM (SELECT {Casts(names, "CAST")} FROM {Read(names, files, Rejects(i))})");

    /// <summary>The rows that fit the contract, the others left out.</summary>
    public string FittingRows => Union((names, files, i) => $"SELECT {Columns(c => Quote(c, "r"))} FROM (SELECT {Casts(names, "TRY_CAST")} FROM {Read(names, files, Rejects(i))}) WHERE {Fits}");

    /// <summary>The fitting rows with the file they were read from as <c>_source</c>.</summary>
    public string FittingRowsWithSource => Union((names, files, _) =>
        $"SELECT {Columns(c => Quote(c, "r"))}, _source FROM (SELECT {Casts(names, "TRY_CAST")}, {Place} AS _source FROM {Read(names, files, "ignore_errors=true, filename='_millrace_file'")}) WHERE {Fits}");

    /// <summary>After reading <see cref="Rows"/> or <see cref="FittingRows"/>: what the reader itself rejected, and with the second pass what the casts reject.</summary>
    public UnreadableRows Unreadable(DuckConnection connection, bool isSecondPass)
    {
        var selects = Enumerable.Range(0, _groups.Count).Select(i => $"""
            SELECT 'contract' AS check_id, string_agg(error_message, '; ' ORDER BY column_idx) AS reason,
                replace(any_value(s.file_path), {SqlName.Text(folder.TrimEnd('/') + "/")}, '') AS source, any_value(line)::BIGINT AS line, any_value(csv_line)::VARCHAR AS "row"
            FROM millrace_rejects_{i} AS e JOIN millrace_scans_{i} AS s USING (scan_id, file_id) GROUP BY scan_id, file_id, line_byte_position
            """).ToList();
        if (isSecondPass)
        {
            selects.Add(Union((names, files, _) => $"""
                SELECT 'contract' AS check_id, CASE {string.Join(" ", Guarded.Select(c => $"WHEN NOT ({FitOf(c)}) THEN {Reason(c)}"))} END AS reason,
                    _source AS source, NULL::BIGINT AS line, _row AS "row"
                FROM (SELECT {Casts(names, "TRY_CAST")}, {Place} AS _source, to_json(struct_pack({string.Join(", ", names.Select(n => $"{SqlName.Quote(n)} := {SqlName.Quote(n)}"))}))::VARCHAR AS _row
                    FROM {Read(names, files, "ignore_errors=true, filename='_millrace_file'")}) WHERE NOT ({Fits})
                """));
        }

        var select = string.Join("\nUNION ALL\n", selects);
        using var result = connection.Query($"SELECT count(*) FROM ({select})");
        return new UnreadableRows(Convert.ToInt64(result.Scalar(), CultureInfo.InvariantCulture), select);
    }

    private IEnumerable<ContractColumn> Guarded => source.Columns.Where(IsGuarded);

    private string Fits => Guarded.Any() ? string.Join(" AND ", Guarded.Select(c => $"({FitOf(c)})")) : "true";

    private string Place => $"replace(_millrace_file, {SqlName.Text(folder.TrimEnd('/') + "/")}, '')";

    private string Union(Func<IReadOnlyList<string>, IReadOnlyList<string>, int, string> select) =>
        string.Join("\nUNION ALL\n", _groups.Select((g, i) => select(g.Key.Split('\u0001'), [.. g], i)));

    private string Columns(Func<ContractColumn, string> value) =>
        string.Join(", ", source.Columns.Select(c => $"{(IsGuarded(c) ? value(c) : SqlName.Quote(c.Name))} AS {SqlName.Quote(c.Name)}"));

    /// <summary>The raw text t.x and its reading r.x of guarded columns; others as they are.</summary>
    private string Casts(IReadOnlyList<string> names, string cast) => string.Join(", ", source.Columns.SelectMany(c =>
    {
        var raw = SqlName.Quote(names.First(n => n.Equals(c.Name, StringComparison.OrdinalIgnoreCase)));
        if (!IsGuarded(c))
            return [$"{raw} AS {SqlName.Quote(c.Name)}"];

        // The reader's decimal separator does not reach a value that is read as text. A point is no part of a number then.
        var plain = HasComma(c) ? $"replace(replace({raw}, '.', '?'), ',', '.')" : raw;
        var reading = c.Format is { } format
            ? $"{(cast == "CAST" ? "strptime" : "try_strptime")}({raw}, {SqlName.Text(format)})::{c.Type.Sql}"
            : $"{cast}({plain} AS {c.Type.Sql})";
        return new[] { $"{raw} AS {Quote(c, "t")}", $"{reading} AS {Quote(c, "r")}" };
    }));

    private string Fast(ContractColumn c)
    {
        var (text, reading) = (Quote(c, "t"), Quote(c, "r"));
        var says = c.Format is not null ? [InCalendar(c)] : new[] { Same(c), Faithful(c) };
        return $"CASE {string.Join(" ", says.Select(s => $"WHEN {s} THEN {reading}"))} WHEN {text} IS NULL THEN NULL ELSE CAST(error({SqlName.Text(Unfaithful)}) AS {c.Type.Sql}) END";
    }

    private string FitOf(ContractColumn c) => c.Format is not null
        ? $"{Quote(c, "t")} IS NULL OR coalesce({InCalendar(c)}, false)"
        : $"{Quote(c, "t")} IS NULL OR coalesce({Same(c)}, false) OR coalesce({Quote(c, "r")} IS NOT NULL AND {Faithful(c)}, false)";

    /// <summary>The engine writes the value as it stood there: the cheap answer for nearly all.</summary>
    private string Same(ContractColumn c) => HasComma(c) ? "false" : $"({Quote(c, "r")}::VARCHAR = {Quote(c, "t")}{(c.Type.IsTime ? " AND " + InCalendar(c) : "")})";

    /// <summary>Infinity and years outside of 1 to 9999, which the engine takes, are no time that other readers know.</summary>
    private static string InCalendar(ContractColumn c) => $"year({Quote(c, "r")}) BETWEEN 1 AND 9999";

    private bool HasComma(ContractColumn c) => c.Type.IsDecimal && source.Csv.DecimalSeparator == ",";

    private static string Reason(ContractColumn c) =>
        $"{SqlName.Text(c.Name + " holds '")} || {Quote(c, "t")} || {SqlName.Text($"', which is no {c.Type.Sql}{(c.Format is { } f ? $" written as {f}" : "")}")}";

    /// <summary>The written forms of a type that lose nothing when they are cast.</summary>
    private string Faithful(ContractColumn c)
    {
        const string Day = @"\d{4}-\d{1,2}-\d{1,2}";
        const string Clock = @"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?";
        var form = c.Type switch
        {
            { } t when t == DataType.Date => Day,
            { } t when t == DataType.TimestampNtz => $"{Day}([ T]{Clock})?",
            { } t when t == DataType.Timestamp => $@"{Day}([ T]{Clock} ?(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?",
            { IsDecimal: true } t => $@"[+-]?\d*({(HasComma(c) ? "," : @"\.")}\d{{0,{t.Sql[(t.Sql.IndexOf(',', StringComparison.Ordinal) + 1)..^1]}}}0*)?",
            _ => @"[+-]?\d+",
        };
        return $"(regexp_full_match({Quote(c, "t")}, {SqlName.Text($@"\s*{form}\s*")}){(c.Type.IsTime ? " AND " + InCalendar(c) : "")})";
    }

    /// <summary>Types whose cast could change a value in silence.</summary>
    private static bool IsGuarded(ContractColumn c) => c.Format is not null || c.Type.IsTime || c.Type.IsDecimal
        || c.Type == DataType.Byte || c.Type == DataType.Short || c.Type == DataType.Integer || c.Type == DataType.Long;

    private string Read(IReadOnlyList<string> names, IReadOnlyList<string> files, string errors)
    {
        var csv = source.Csv;
        var columns = string.Join(", ", names.Select(n => $"{SqlName.Quote(n)}: {SqlName.Text(RawType(n))}"));
        var options = new List<string>
        {
            "auto_detect=false", $"header={(csv.Header ? "true" : "false")}", $"columns={{{columns}}}", $"delim={SqlName.Text(csv.Delimiter)}",
            $"quote={SqlName.Text(csv.Quote)}", $"escape={SqlName.Text(csv.Escape)}", $"nullstr={SqlName.Text(csv.NullText)}", "allow_quoted_nulls=false",
            $"decimal_separator={SqlName.Text(csv.DecimalSeparator)}", $"encoding={SqlName.Text(csv.Encoding)}",
            $"skip={csv.SkipLines.ToString(CultureInfo.InvariantCulture)}", errors,
        };
        if (csv.Comment is { Length: > 0 } comment)
            options.Add($"comment={SqlName.Text(comment)}");
        return $"read_csv([{string.Join(", ", files.Select(f => SqlName.Text(FileRelation.Literally(Path.Combine(folder, f)))))}], {string.Join(", ", options)})";
    }

    private static string Rejects(int group) => FormattableString.Invariant(
        $"store_rejects=true, rejects_table='millrace_rejects_{group}', rejects_scan='millrace_scans_{group}'");

    private string RawType(string name) =>
        source.Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } column && !IsGuarded(column) ? column.Type.Sql : "VARCHAR";

    private static string Quote(ContractColumn c, string part) => SqlName.Quote($"{part}.{c.Name}");
}
