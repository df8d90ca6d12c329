using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;

namespace Millrace.Checks;

/// <summary>Asks checks about rows: those that look at single rows share one scan, statistics answer what they can.</summary>
internal sealed class CheckScan(DuckConnection connection)
{
    /// <summary>How many rows break each rule, in the order of the checks. Rules that the statistics prove are not asked again.</summary>
    public IReadOnlyList<long> CountBroken(string rows, IReadOnlyList<RowCheck> checks, Func<string, ColumnStatistics?> statistics)
    {
        var counts = new long[checks.Count];
        var asked = Enumerable.Range(0, checks.Count).Where(i => !checks[i].IsProvedBy(statistics)).ToList();
        if (asked.Count == 0)
            return counts;

        var select = $"SELECT {string.Join(", ", asked.Select(i => $"count(*) FILTER (WHERE {checks[i].BreaksSql})"))} FROM ({rows}) AS t";
        using var result = connection.Query(select);
        var answer = result.Rows().First();
        for (var i = 0; i < asked.Count; i++)
            counts[asked[i]] = Convert.ToInt64(answer[i], CultureInfo.InvariantCulture);
        return counts;
    }

    /// <summary>Rows of <paramref name="among"/> whose key stands more than once in the table.</summary>
    /// <param name="check">The rule.</param>
    /// <param name="table">All rows of the table.</param>
    /// <param name="among">The rows that are new; the same text as <paramref name="table"/> asks about all.</param>
    public long CountTwice(UniqueCheck check, string table, string among)
    {
        if (table != among)
            return Scalar($"SELECT count(*) FROM ({among}) AS n WHERE {IsTwice(check, table, among)}");

        // All rows are asked about, so the groups themselves hold the answer, and one reading is enough.
        var key = string.Join(", ", check.Key.Select(SqlName.Quote));
        return Ascends(check, table)
            ? 0
            : Scalar(
                $"SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) AS n FROM ({table}) AS t WHERE {IsWhole(check)} GROUP BY {key} HAVING count(*) > 1)");
    }

    /// <summary>True when each row's key is above that of the row before: then no two are equal, and no table of all keys is needed to say so.</summary>
    /// <remarks>Keys mostly are numbers or times that rise. Where they are not, the first row that does not rise ends the reading.</remarks>
    private bool Ascends(UniqueCheck check, string table)
    {
        var key = check.Key.Select(SqlName.Quote).ToList();
        var before = key.Select((_, i) => FormattableString.Invariant($"_millrace_{i}")).ToList();
        var pairs = key.Zip(before, (k, b) => $"lag({k}) OVER () AS {b}");
        using var result = connection.Query($"""
            SELECT 1 FROM (SELECT {string.Join(", ", key)}, {string.Join(", ", pairs)}, row_number() OVER () AS _millrace_row FROM ({table}) AS t)
            WHERE NOT ({IsWhole(check)}) OR (_millrace_row > 1 AND (({string.Join(", ", key)}) > ({string.Join(", ", before)})) IS NOT TRUE)
            LIMIT 1
            """);
        return result.Scalar() is null;
    }

    /// <summary>A condition over the alias <c>n</c>: its key stands more than once.</summary>
    public static string IsTwice(UniqueCheck check, string table, string among)
    {
        var key = string.Join(", ", check.Key.Select(SqlName.Quote));
        var looked = table == among ? $"({table})" : $"(SELECT a.* FROM ({table}) AS a SEMI JOIN ({among}) AS b USING ({key}))";
        return $"({string.Join(", ", check.Key.Select(k => "n." + SqlName.Quote(k)))}) IN (SELECT ({key}) FROM {looked} WHERE {IsWhole(check)} GROUP BY {key} HAVING count(*) > 1)";
    }

    private static string IsWhole(UniqueCheck check) => string.Join(" AND ", check.Key.Select(k => $"{SqlName.Quote(k)} IS NOT NULL"));

    /// <summary>One row that breaks the rule, as JSON, for a message; the columns are those that the check names, or all.</summary>
    public string Example(string rows, RowCheck check)
    {
        var columns = check.Columns.Count > 0 ? string.Join(", ", check.Columns.Select(SqlName.Quote)) : "*";
        using var result = connection.Query($"SELECT to_json(e)::VARCHAR FROM (SELECT {columns} FROM ({rows}) AS t WHERE {check.BreaksSql} LIMIT 1) AS e");
        return (string?)result.Scalar() ?? "";
    }

    /// <summary>The number that a SELECT of one value gives.</summary>
    public long Scalar(string select)
    {
        using var result = connection.Query(select);
        return Convert.ToInt64(result.Scalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Asks all checks about the rows of a whole table that stands, such as a released version.</summary>
    public IReadOnlyList<CheckRecord> Ask(string table, IReadOnlyList<Check> checks)
    {
        var rowChecks = checks.OfType<RowCheck>().ToList();
        var broken = CountBroken(table, rowChecks, _ => null);
        var total = checks.Any(c => c is RowCountCheck) ? Scalar($"SELECT count(*) FROM ({table}) AS t") : 0;
        return [.. checks.Where(c => c is not NotDerivedFromCheck).Select(c => c switch
        {
            RowCheck row when broken[rowChecks.IndexOf(row)] is var n and > 0 => Record(row, n, "for example " + Example(table, row)),
            RowCheck row => Record(row, 0, ""),
            UniqueCheck unique => Record(unique, CountTwice(unique, table, table), ""),
            RowCountCheck count => Record(count, total),
            _ => throw new InvalidOperationException($"Nobody knows how to ask check '{c.Id}'."),
        })];
    }

    /// <summary>The record of a check that counts rows.</summary>
    public static CheckRecord Record(Check check, long failed, string note) => new(
        check.Id, check.Effect.ToString().ToLowerInvariant(), failed == 0, failed, failed == 0 ? "" : note);

    /// <summary>The record of a check on the number of rows.</summary>
    public static CheckRecord Record(RowCountCheck check, long total) => new(
        check.Id, check.Effect.ToString().ToLowerInvariant(), !(total < check.Min) && !(total > check.Max), 0,
        string.Create(CultureInfo.InvariantCulture, $"{total} rows"));
}
