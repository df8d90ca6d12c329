using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Sources.Contract;

/// <summary>The type of a column that nobody declared: one whose own text of every value is the written one, so that nothing is lost; else text.</summary>
internal static class InferredType
{
    private static readonly IReadOnlyList<(DataType Type, string Says)> Candidates =
    [
        (DataType.Boolean, "v IN ('true', 'false')"),
        (DataType.Long, "TRY_CAST(v AS BIGINT)::VARCHAR = v"),
        (DataType.Double,
            "(TRY_CAST(v AS DOUBLE)::VARCHAR = v AND isfinite(TRY_CAST(v AS DOUBLE))) OR (TRY_CAST(v AS BIGINT)::VARCHAR = v AND abs(TRY_CAST(v AS BIGINT)::HUGEINT) <= 9007199254740992)"),
        (DataType.Date, "TRY_CAST(v AS DATE)::VARCHAR = v AND year(TRY_CAST(v AS DATE)) BETWEEN 1 AND 9999"),
        (DataType.TimestampNtz, "TRY_CAST(v AS TIMESTAMP)::VARCHAR = replace(v, 'T', ' ') AND year(TRY_CAST(v AS TIMESTAMP)) BETWEEN 1 AND 9999"),
        (DataType.Timestamp,
            @"regexp_full_match(v, '\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})') AND year(TRY_CAST(v AS TIMESTAMPTZ)) BETWEEN 1 AND 9999"),
    ];

    /// <summary>Looks at every value of a column.</summary>
    public static DataType Of(DuckConnection connection, IReadOnlyList<RawRows> groups, string name, Func<DuckException, bool> isUnreadable)
    {
        var with = groups.Select(g => (Rows: g, Column: g.Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))))
            .Where(g => g.Column is not null).ToList();
        if (with.Select(g => g.Column!.Type).Distinct().ToList() is [{ } only])
            return Typed(only);
        if (with.Any(g => g.Column!.Type is not null))
            return DataType.String;

        string Values(Func<RawRows, string> rows) => string.Join(" UNION ALL ", with.Select(g => $"SELECT {SqlName.Quote(g.Column!.Name)} AS v FROM {rows(g.Rows)}"));
        try
        {
            return Of(connection, Values(r => r.Fast(new Dictionary<string, DataType>())));
        }
        catch (DuckException e) when (isUnreadable(e))
        {
            return Of(connection, Values(r => r.Sorted()));
        }
    }

    private static DataType Of(DuckConnection connection, string values)
    {
        using var result = connection.Query($"SELECT {string.Join(", ", Candidates.Select(c => $"bool_and(coalesce({c.Says}, false))"))} FROM ({values}) WHERE v IS NOT NULL");
        var says = result.Rows().Single();
        return Candidates.Where((_, i) => says[i] is true).Select(c => c.Type).FirstOrDefault() ?? DataType.String;
    }

    private static DataType Typed(string type)
    {
        try
        {
            return DataType.Parse(type) is { IsNested: false } known ? known : DataType.String;
        }
        catch (FormatException)
        {
            return DataType.String;
        }
    }
}
