using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

/// <summary>What differs between two versions of a table, or of two tables: columns, rows, and values row by row.</summary>
/// <param name="Columns">Columns that only one has, or that have another type, in the order of the first.</param>
/// <param name="Keys">By which columns rows were matched; none matches whole rows.</param>
/// <param name="RowsBefore">Rows of the first.</param>
/// <param name="RowsAfter">Rows of the second.</param>
/// <param name="Removed">Rows that only the first has.</param>
/// <param name="Added">Rows that only the second has.</param>
/// <param name="Changed">Rows of one key that have another value in some column that both have.</param>
/// <param name="ChangesByColumn">For each column that both have and that changed: in how many of those rows. Most first.</param>
/// <param name="Samples">Some of the rows that differ.</param>
public sealed record TableDiff(
    IReadOnlyList<ColumnDiff> Columns, IReadOnlyList<string> Keys, long RowsBefore, long RowsAfter, long Removed, long Added, long Changed,
    IReadOnlyList<KeyValuePair<string, long>> ChangesByColumn, IReadOnlyList<RowDiff> Samples)
{
    private const string Mine = "_millrace_before";
    private const string Theirs = "_millrace_after";

    /// <summary>True when nothing differs.</summary>
    public bool IsSame => Columns.Count == 0 && Removed == 0 && Added == 0 && Changed == 0;

    /// <summary>Compares two versions.</summary>
    /// <param name="connection">Reads both; it sorts and joins, so give it a place to spill.</param>
    /// <param name="before">The first.</param>
    /// <param name="after">The second.</param>
    /// <param name="keys">Columns of both by which a row of one and a row of the other are the same; NULL is NULL's like. None matches
    /// whole rows: a row that changed is then one removed and one added.</param>
    /// <param name="samples">How many rows of each kind are shown.</param>
    /// <exception cref="LakeException">A key is no column of both with one type, or is not unique.</exception>
    public static TableDiff Of(DuckConnection connection, Snapshot before, Snapshot after, IReadOnlyList<string> keys, int samples)
    {
        var columns = ColumnsOf(before.Schema, after.Schema).ToList();
        var common = before.Schema.Columns.Where(c => after.Schema.Find(c.Name)?.Type == c.Type).ToList();
        var by = keys.Select(k => common.FirstOrDefault(c => c.Name.Equals(k, StringComparison.OrdinalIgnoreCase))
            ?? throw new LakeException(
            $"'{k}' cannot be the key of a comparison: it is no column of both versions with one type. Both have: "
                + $"{string.Join(", ", common.Select(c => c.Name))}.")).ToList();
        var (mine, theirs) = (before.ToRelation().Sql, after.ToRelation().Sql);
        var rows = connection.Query($"SELECT (SELECT count(*) FROM ({mine})), (SELECT count(*) FROM ({theirs}))").Rows().Single();
        var empty = new TableDiff(columns, [.. by.Select(k => k.Name)], (long)rows[0]!, (long)rows[1]!, 0, 0, 0, [], []);
        if (common.Count == 0)
            return empty with { Removed = empty.RowsBefore, Added = empty.RowsAfter };
        return by.Count == 0 ? Whole(connection, empty, common, mine, theirs, samples)
            : ByKey(connection, empty, before, after, common, by, samples);
    }

    private static IEnumerable<ColumnDiff> ColumnsOf(Schema before, Schema after)
    {
        foreach (var column in before.Columns)
        {
            var other = after.Find(column.Name);
            if (other is null || other.Type != column.Type || other.IsNullable != column.IsNullable)
                yield return new ColumnDiff(column.Name, column, other);
        }

        foreach (var column in after.Columns.Where(c => before.Find(c.Name) is null))
            yield return new ColumnDiff(column.Name, null, column);
    }

    private static TableDiff Whole(DuckConnection connection, TableDiff diff, List<Column> common, string mine, string theirs, int samples)
    {
        var list = string.Join(", ", common.Select(c => SqlName.Quote(c.Name)));
        string Only(string one, string other) => $"SELECT {list} FROM ({one}) EXCEPT ALL SELECT {list} FROM ({other})";
        var counts = connection.Query($"SELECT (SELECT count(*) FROM ({Only(mine, theirs)})), (SELECT count(*) FROM "
            + $"({Only(theirs, mine)}))").Rows().Single();
        IEnumerable<RowDiff> Sample(string select, bool isRemoved) =>
            connection.Query($"SELECT r::VARCHAR FROM (SELECT * FROM ({select}) ORDER BY ALL LIMIT {samples}) r").Rows()
            .Select(r => new RowDiff(null, isRemoved ? (string)r[0]! : null, isRemoved ? null : (string)r[0]!)).ToList();
        return diff with
        {
            Removed = (long)counts[0]!, Added = (long)counts[1]!,
                Samples = [.. Sample(Only(mine, theirs), true), .. Sample(Only(theirs, mine), false)],
        };
    }

    private static TableDiff ByKey(
        DuckConnection connection, TableDiff diff, Snapshot before, Snapshot after, List<Column> common, List<Column> keys, int samples)
    {
        foreach (var side in new[] { before, after })
            CheckUnique(connection, side, keys);

        var values = common.Except(keys).ToList();
        var list = string.Join(", ", common.Select(c => SqlName.Quote(c.Name)));
        var on = string.Join(" AND ", keys.Select(k => $"b.{SqlName.Quote(k.Name)} IS NOT DISTINCT FROM a.{SqlName.Quote(k.Name)}"));
        var differs = values.Select(c => $"b.{SqlName.Quote(c.Name)} IS DISTINCT FROM a.{SqlName.Quote(c.Name)}").ToList();
        var joined = $"(SELECT {list}, true AS {Mine} FROM ({before.ToRelation().Sql})) AS b FULL JOIN (SELECT {list}, true AS {Theirs} "
            + $"FROM ({after.ToRelation().Sql})) AS a ON {on}";
        var both = $"{Mine} AND {Theirs}";
        var any = differs.Count > 0 ? $"({string.Join(" OR ", differs)})" : "false";
        var sums = string.Concat(differs.Select(d => $", count(*) FILTER (WHERE {both} AND {d})"));
        var row = connection.Query(
            $"SELECT count(*) FILTER (WHERE {Theirs} IS NULL), count(*) FILTER (WHERE {Mine} IS NULL), count(*) FILTER (WHERE {both} "
                + $"AND {any}){sums} FROM {joined}").Rows().Single();

        string Pack(string side, IEnumerable<Column> of) =>
            $"struct_pack({string.Join(", ", of.Select(c => $"{SqlName.Quote(c.Name)} := {side}.{SqlName.Quote(c.Name)}"))})::VARCHAR";
        var order = string.Join(", ", keys.Select(k => $"coalesce(b.{SqlName.Quote(k.Name)}, a.{SqlName.Quote(k.Name)})"));
        var shown = new List<RowDiff>();
        foreach (var which in new[] { $"{Theirs} IS NULL", $"{Mine} IS NULL", $"{both} AND {any}" })
        {
            var select = $"SELECT CASE WHEN {Mine} THEN {Pack("b", keys)} ELSE {Pack("a", keys)} END, CASE WHEN {Mine} THEN "
                + $"{Pack("b", common)} END, "
                + $"CASE WHEN {Theirs} THEN {Pack("a", common)} END FROM {joined} WHERE {which} ORDER BY {order} LIMIT "
                + $"{samples.ToString(CultureInfo.InvariantCulture)}";
            shown.AddRange(connection.Query(select).Rows().Select(r =>
                new RowDiff((string)r[0]!, r[1] as string, r[2] as string)).ToList());
        }

        return diff with
        {
            Removed = (long)row[0]!, Added = (long)row[1]!, Changed = (long)row[2]!,
            ChangesByColumn = [.. values.Select((c, i) => KeyValuePair.Create(c.Name, (long)row[3 + i]!)).Where(p =>
                p.Value > 0).OrderByDescending(p => p.Value)],
            Samples = shown,
        };
    }

    private static void CheckUnique(DuckConnection connection, Snapshot side, List<Column> keys)
    {
        var list = string.Join(", ", keys.Select(k => SqlName.Quote(k.Name)));
        var twice = connection.Query($"SELECT struct_pack({list})::VARCHAR || ' (' || count(*) || ' rows)' FROM "
            + $"({side.ToRelation().Sql}) GROUP BY {list} HAVING count(*) > 1 LIMIT 1").Scalar();
        if (twice is string key)
            throw new LakeException($"{list} is no key of version {side.Version} of the table '{side.Folder}': {key}. Name columns that "
                + $"tell rows apart, or none to compare whole rows.");
    }
}

/// <summary>A column that differs: null on the side that lacks it.</summary>
public sealed record ColumnDiff(string Name, Column? Before, Column? After);

/// <summary>A row that differs, as texts: null on the side that lacks it. The key is null where rows were matched as a whole.</summary>
public sealed record RowDiff(string? Key, string? Before, string? After);
