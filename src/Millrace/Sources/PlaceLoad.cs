using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Connectors;

namespace Millrace.Sources;

/// <summary>What becomes of the rows that a place gave: which are new, which take another's place, and how far the place is read now. As SQL.</summary>
/// <param name="connection">Sees the rows.</param>
/// <param name="context">The load.</param>
/// <param name="source">The source.</param>
/// <param name="range">What was asked for; null without a cursor.</param>
/// <param name="last">The largest value of the cursor that was read before; null at first.</param>
/// <param name="isWhole">True when the rows are all that the place holds.</param>
/// <param name="folder">The table's folder.</param>
internal sealed class PlaceLoad(
    DuckConnection connection, TaskContext context, SourceDefinition source, CursorRange? range, string? last, bool isWhole, string folder)
{
    /// <summary>The column in which rows of <see cref="LoadMode.Changes"/> say what became of the row with their key.</summary>
    private const string Operation = "_op";

    private readonly bool _isChanges = source.Mode == LoadMode.Changes && !isWhole;
    private readonly string _columns = string.Join(", ", context.Asset.Schema.Names.Select(SqlName.Quote));

    /// <summary>The contract under which the landed files are read.</summary>
    public SourceDefinition Reading => source.Mode == LoadMode.Changes
        ? source with { Columns = [.. source.Columns, new ContractColumn(Operation, DataType.String, true, null, null, 0)] }
        : source;

    public Placement Placement => this switch
    {
        _ when isWhole => new Placement.Overwrite(),
        _ when _isChanges => new Placement.Merge(source.KeyColumns, $"SELECT {Keys()} FROM _millrace_latest WHERE {IsDelete}"),
        _ when source.Mode == LoadMode.Merge => new Placement.Merge(source.KeyColumns, null),
        _ => new Placement.Batch(context.Task.Id, new HashSet<string>()),
    };

    private static string IsDelete => $"{SqlName.Quote(Operation)} = 'delete'";

    private bool HasKey => source.KeyColumns.Count > 0;

    /// <summary>The rows to write, of those that the reader gives; null when nothing landed.</summary>
    public string Rows(string? read)
    {
        if (read is null)
            return LoadTask.Empty(context.Asset.Schema);
        if (!_isChanges)
            return source.Mode == LoadMode.Changes ? $"SELECT {_columns} FROM ({read})" : read;

        connection.Execute($"CREATE OR REPLACE TEMP TABLE _millrace_changes AS SELECT *, row_number() OVER () AS _millrace_at FROM ({read})");
        using (var wrong = connection.Query($"SELECT {SqlName.Quote(Operation)} FROM _millrace_changes WHERE coalesce({SqlName.Quote(Operation)} NOT IN ('insert', 'update', 'delete'), true) LIMIT 1"))
        {
            if (wrong.Rows().FirstOrDefault() is [var word])
                throw new SourceException($"A change of {source.File} has '{word}' in its column {Operation}, which takes insert, update or delete.");
        }

        connection.Execute($"CREATE OR REPLACE TEMP TABLE _millrace_latest AS SELECT * FROM _millrace_changes QUALIFY row_number() OVER (PARTITION BY {Keys()} ORDER BY {NewestFirst}) = 1");
        return $"SELECT {_columns} FROM _millrace_latest WHERE NOT {IsDelete}";
    }

    /// <summary>For changes: rows whose place a later one took, and deletes of rows that stand.</summary>
    public (long Superseded, long Deletes) Besides()
    {
        if (!_isChanges || !HasTable("_millrace_changes"))
            return (0, 0);
        var hits = Base() is { } stands
            ? $"(SELECT count(*) FROM _millrace_latest AS n WHERE {IsDelete} AND EXISTS (SELECT 1 FROM ({stands}) AS b WHERE {Match(source.KeyColumns, "b", "n")}))"
            : "0";
        using var counts = connection.Query(
            $"SELECT (SELECT count(*) FROM _millrace_changes) - (SELECT count(*) FROM _millrace_latest WHERE NOT {IsDelete}), {hits}");
        var row = counts.Rows().Single();
        var deletes = Convert.ToInt64(row[1], CultureInfo.InvariantCulture);
        return (Convert.ToInt64(row[0], CultureInfo.InvariantCulture) - deletes, deletes);
    }

    /// <summary>How far the place is read now.</summary>
    /// <param name="rows">The rows that fit.</param>
    /// <param name="unreadable">Those that do not.</param>
    /// <param name="place">The place's own state.</param>
    /// <exception cref="SourceException">A row has no value in the cursor's column, and the source says that each has.</exception>
    public JsonObject State(string rows, UnreadableRows unreadable, JsonObject? place)
    {
        var state = new JsonObject();
        if (source.Cursor is { } cursor)
        {
            var landed = _isChanges && HasTable("_millrace_changes") ? "SELECT * FROM _millrace_changes" : rows;
            var (column, type) = (SqlName.Quote(cursor.Column), context.Asset.Schema.Find(cursor.Column)!.Type.Sql);
            if (cursor.OnMissing == OnMissing.Raise)
                RaiseMissing(landed, cursor);
            var values = new List<string> { $"SELECT max({column}) AS v FROM ({landed})" };
            if (unreadable.Count > 0)
            {
                var path = SqlName.Text($"$.\"{cursor.Column.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
                values.Add($"SELECT max(TRY_CAST(CASE WHEN json_valid(\"row\") THEN json_extract_string(\"row\", {path}) END AS {type})) FROM ({unreadable.Select})");
            }

            if (last is not null)
                values.Add($"SELECT CAST({SqlName.Text(last)} AS {type})");
            using var max = connection.Query($"SELECT max(v)::VARCHAR FROM ({string.Join(" UNION ALL ", values)})");
            state["cursor"] = max.Scalar() as string;
        }

        if (place is not null)
            state["place"] = place.DeepClone();
        return state;
    }

    /// <summary>Of the rows that came those that are to be added; null when all are.</summary>
    public string? Choose(string rows)
    {
        var conditions = source.Cursor is { } cursor ? InRange(cursor).ToList() : [];
        var stands = isWhole ? null : Base();
        if (_isChanges)
        {
            if (stands is not null)
                conditions.Add(Stands(stands, source.KeyColumns, IsOlder()));
            return conditions.Count == 0 ? null : $"SELECT n.* FROM ({rows}) AS n WHERE {string.Join(" AND ", conditions)}";
        }

        if (!HasKey)
            return source.Cursor is null ? null : ChooseByValues(rows, stands, conditions);

        // With a cursor, a row with a known key and another value is another row; a merge keeps one of each key.
        var isMerge = source.Mode == LoadMode.Merge;
        var same = isMerge || source.Cursor is null ? source.KeyColumns : [.. source.KeyColumns, source.Cursor.Column];
        if (stands is null && !Has($"SELECT 1 FROM ({rows}) GROUP BY {Names(same)} HAVING count(*) > 1") && IsWithin(rows, conditions))
            return null;
        if (stands is not null)
            conditions.Add(isMerge ? Stands(stands, same, IsOlder()) : Stands(FromBoundary(stands), same, "true"));
        return $"""
            SELECT n.* EXCLUDE (_millrace_at, _millrace_rank) FROM (
                SELECT *, row_number() OVER (PARTITION BY {Names(same)} ORDER BY {(isMerge ? NewestFirst : "_millrace_at")}) AS _millrace_rank
                FROM (SELECT *, row_number() OVER () AS _millrace_at FROM ({rows}))) AS n
            WHERE {string.Join(" AND ", conditions.Append("n._millrace_rank = 1"))}
            """;
    }

    /// <summary>Without a key rows are told apart by all their values: as many of equal ones are known as stand.</summary>
    private string? ChooseByValues(string rows, string? stands, List<string> conditions)
    {
        if (stands is null)
            return IsWithin(rows, conditions) ? null : $"SELECT n.* FROM ({rows}) AS n WHERE {string.Join(" AND ", conditions)}";
        var all = context.Asset.Schema.Names.ToList();
        return $"""
            SELECT n.* EXCLUDE (_millrace_rank) FROM (SELECT *, row_number() OVER (PARTITION BY {Names(all)}) AS _millrace_rank FROM ({rows})) AS n
            LEFT JOIN (SELECT {Names(all)}, count(*) AS _millrace_stands FROM ({FromBoundary(stands)}) GROUP BY ALL) AS b ON {Match(all, "b", "n")}
            WHERE {string.Join(" AND ", conditions.Append("n._millrace_rank > coalesce(b._millrace_stands, 0)"))}
            """;
    }

    /// <summary>Rows below the range do not come again, so that they need not be compared.</summary>
    private string FromBoundary(string stands) => source.Cursor is { } cursor && range?.From is { } from
        ? $"SELECT * FROM ({stands}) WHERE coalesce({SqlName.Quote(cursor.Column)} >= CAST({SqlName.Text(from)} AS {context.Asset.Schema.Find(cursor.Column)!.Type.Sql}), true)"
        : stands;

    private static string Stands(string stands, IEnumerable<string> same, string and) =>
        $"NOT EXISTS (SELECT 1 FROM ({stands}) AS b WHERE {Match(same, "b", "n")} AND ({and}))";

    private bool IsWithin(string rows, List<string> conditions) =>
        conditions.Count == 0 || !Has($"SELECT 1 FROM ({rows}) AS n WHERE NOT ({string.Join(" AND ", conditions)})");

    private bool Has(string select)
    {
        using var found = connection.Query($"{select} LIMIT 1");
        return found.Scalar() is not null;
    }

    private static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(SqlName.Quote));

    private string NewestFirst => (source.Cursor is { } c ? $"{SqlName.Quote(c.Column)} DESC NULLS LAST, " : "") + "_millrace_at DESC";

    private string Keys() => Names(source.KeyColumns);

    /// <summary>The rows that stand and may come again.</summary>
    private string? Base() => context.Base is { } b ? new LakeTable(folder).Read(b.Id.Number, b.EntryHash).ToRelation().Sql : null;

    /// <summary>The row that stands is newer than the one that came, or the same.</summary>
    private string IsOlder()
    {
        var same = Match(context.Asset.Schema.Names, "b", "n");
        return source.Cursor is { } c ? $"b.{SqlName.Quote(c.Column)} > n.{SqlName.Quote(c.Column)} OR ({same})" : same;
    }

    private IEnumerable<string> InRange(CursorRule cursor)
    {
        var column = "n." + SqlName.Quote(cursor.Column);
        var type = context.Asset.Schema.Find(cursor.Column)!.Type.Sql;
        if (range?.From is { } from)
            yield return $"coalesce({column} {(range.IsFromIncluded ? ">=" : ">")} CAST({SqlName.Text(from)} AS {type}), true)";
        if (range?.To is { } to)
            yield return $"coalesce({column} < CAST({SqlName.Text(to)} AS {type}), true)";
        if (cursor.OnMissing == OnMissing.Exclude)
            yield return $"{column} IS NOT NULL";
    }

    private void RaiseMissing(string rows, CursorRule cursor)
    {
        using var missing = connection.Query($"SELECT count(*), any_value(to_json(n)::VARCHAR) FROM ({rows}) AS n WHERE {SqlName.Quote(cursor.Column)} IS NULL");
        var row = missing.Rows().Single();
        if (Convert.ToInt64(row[0], CultureInfo.InvariantCulture) is > 0 and var count)
        {
            throw new SourceException(string.Create(
                CultureInfo.InvariantCulture,
                $"{count} rows have no value in '{cursor.Column}', the cursor of {source.File}, for example {row[1]}. Nothing was loaded. Write on_missing: include or exclude under 'cursor' to say what becomes of them."));
        }
    }

    private bool HasTable(string name) => Has($"SELECT 1 FROM duckdb_tables() WHERE table_name = {SqlName.Text(name)}");

    private static string Match(IEnumerable<string> columns, string left, string right) =>
        string.Join(" AND ", columns.Select(c => $"{left}.{SqlName.Quote(c)} IS NOT DISTINCT FROM {right}.{SqlName.Quote(c)}"));
}
