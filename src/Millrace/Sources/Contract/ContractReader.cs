using System.Globalization;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Native;
using Millrace.Sources.Formats;

namespace Millrace.Sources.Contract;

/// <summary>Raw rows of any format under the contract: the one place where values become types.</summary>
/// <remarks>The first pass takes it that every value fits and stops at the first that does not; the second sorts them, over records with their
/// lines.</remarks>
internal sealed class ContractReader : RowReader
{
    private const string Unfaithful = "millrace: a value does not say what its column holds";

    private readonly SourceDefinition _source;
    private readonly IReadOnlyList<Group> _groups;

    public ContractReader(ReadRequest request, IReadOnlyList<RawRows> groups)
    {
        _source = request.Source;
        _groups = [.. groups.Select(g => new Group(g, [.. _source.Columns.Select(c => Read(c, g))]))];
        Schema = new Schema([.. _source.Columns.Select(c => new Column(c.Name, c.Type))]);
    }

    /// <summary>A reader of copies that were made before: what is in them is well-formed.</summary>
    public static ContractReader OfCopies(
        ReadRequest request, IReadOnlyList<string> names, IReadOnlyList<(string Path, string Name)> copies, IReadOnlyList<string> malformed)
    {
        var rows = RawCopy.Relation(copies, names);
        return new ContractReader(request, [new RawRows
        {
            File = copies[0].Name,
            Columns = [.. names.Select(n => new RawColumn(n))],
            Fast = _ => rows,
            Sorted = () => rows,
            Malformed = () => malformed.Count == 0 ? null : RawCopy.MalformedRelation(malformed),
        }]);
    }

    /// <inheritdoc/>
    public override Schema Schema { get; }

    /// <inheritdoc/>
    public override string Rows => Union(g =>
    {
        var direct = g.Columns.Where(c => c.Reading.IsDirect && g.Raw.IsTyped && c.Raw is { Type: null }).ToDictionary(c => c.Raw!.Name, c => c.Column.Type);
        var values = g.Columns.Select(c => c.Raw is null || direct.ContainsKey(c.Raw.Name) ? $"{c.RawSql} AS {c.Name}" : $"{c.Reading.Fast(c.T, c.R, Unfaithful)} AS {c.Name}");
        var inner = g.Columns.Where(c => c.Raw is not null).SelectMany(c => direct.ContainsKey(c.Raw!.Name)
            ? [c.RawSql]
            : new[] { $"{c.RawSql} AS {c.T}", $"{c.Reading.Cast(c.RawSql, isTry: false)} AS {c.R}" }).DefaultIfEmpty("0 AS _millrace_nothing");
        return $"SELECT {string.Join(", ", values)} FROM (SELECT {string.Join(", ", inner)} FROM {g.Raw.Fast(direct)})";
    });

    /// <inheritdoc/>
    public override string FittingRows => Union(g => $"SELECT {Values(g)} FROM ({Sorted(g)}) WHERE {Fits(g)}");

    /// <inheritdoc/>
    public override string FittingRowsWithSource => Union(g => $"SELECT {Values(g)}, _source FROM ({Sorted(g)}) WHERE {Fits(g)}");

    /// <inheritdoc/>
    public override bool IsUnreadable(DuckException e) =>
        e.Kind is DuckErrorKind.Conversion or DuckErrorKind.OutOfRange || e.Message.Contains(Unfaithful, StringComparison.Ordinal)
            || (e.Kind is DuckErrorKind.InvalidInput or DuckErrorKind.NotImplemented && (e.Message.Contains("Could not", StringComparison.Ordinal) || e.Message.Contains("CSV", StringComparison.Ordinal)));

    /// <inheritdoc/>
    public override UnreadableRows Unreadable(DuckConnection connection, bool isSecondPass)
    {
        var selects = _groups.Where(g => isSecondPass && g.Columns.Any(c => c.Reading.CanFail)).Select(g => $"""
            SELECT 'contract' AS check_id, CASE {string.Join(" ", Failing(g).Select(c => $"WHEN NOT {c.Fits} THEN {c.Reading.Reason(c.T)}"))} END AS reason,
                _file AS source, _line AS line, {RowOf(g)} AS "row"
            FROM ({Sorted(g)}) WHERE NOT ({Fits(g)})
            """).Concat(_groups.Select(g => g.Raw.Malformed()).OfType<string>().Select(m =>
                $"SELECT 'contract' AS check_id, reason, file AS source, line, \"row\" FROM {m}")).ToList();
        if (selects.Count == 0)
            return new UnreadableRows(0, "");
        var select = string.Join("\nUNION ALL\n", selects);
        using var result = connection.Query($"SELECT count(*) FROM ({select})");
        return new UnreadableRows(Convert.ToInt64(result.Scalar(), CultureInfo.InvariantCulture), select);
    }

    private string Union(Func<Group, string> select) => string.Join("\nUNION ALL\n", _groups.Select(select));

    private static IEnumerable<ReadColumn> Failing(Group group) => group.Columns.Where(c => c.Raw is not null && c.Reading.CanFail);

    private static string Fits(Group group) => Failing(group).Any() ? string.Join(" AND ", Failing(group).Select(c => c.Fits)) : "true";

    private static string Values(Group group) => string.Join(", ", group.Columns.Select(c => $"{(c.Raw is null ? c.RawSql : c.R)} AS {c.Name}"));

    /// <summary>The raw value t.x and its reading r.x of each column, and where the row stands.</summary>
    private static string Sorted(Group group)
    {
        var columns = group.Columns.Where(c => c.Raw is not null).SelectMany(c => new[] { $"{c.RawSql} AS {c.T}", $"{c.Reading.Cast(c.RawSql, isTry: true)} AS {c.R}" });
        var others = group.Raw.Columns.Where(r => group.Columns.All(c => c.Raw != r)).Select(r => $"{SqlName.Quote(r.Name)} AS {SqlName.Quote("o." + r.Name)}");
        return $"SELECT {string.Join(", ", columns.Concat(others))}, _millrace_file AS _file, _millrace_line AS _line, "
            + $"_millrace_file || coalesce(':' || _millrace_line, '') AS _source FROM {group.Raw.Sorted()}";
    }

    private static string RowOf(Group group)
    {
        var fields = group.Raw.Columns.Select(r => $"{SqlName.Quote(r.Name)} := {group.Columns.FirstOrDefault(c => c.Raw == r)?.T ?? SqlName.Quote("o." + r.Name)}{(r.Type is null ? "" : "::VARCHAR")}");
        return $"to_json(struct_pack({string.Join(", ", fields)}))::VARCHAR";
    }

    private ReadColumn Read(ContractColumn column, RawRows group)
    {
        var raw = group.Columns.FirstOrDefault(r => r.Name == column.Name)
            ?? group.Columns.FirstOrDefault(r => r.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase));
        var reading = raw?.Type is { } type ? ValueReading.OfType(column, type) : ValueReading.OfText(column, _source.Csv.DecimalSeparator);
        return new ReadColumn(column, raw, reading ?? throw new SourceException(
            $"The column '{column.Name}' is {raw!.Type} in {group.File}, of which no value is a {column.Type.Sql}. Change its type in {_source.File}: varchar takes any value."));
    }

    private sealed record Group(RawRows Raw, IReadOnlyList<ReadColumn> Columns);

    private sealed record ReadColumn(ContractColumn Column, RawColumn? Raw, ValueReading Reading)
    {
        public string Name => SqlName.Quote(Column.Name);

        public string RawSql => Raw is null ? $"NULL::{Column.Type.Sql}" : SqlName.Quote(Raw.Name);

        public string T => SqlName.Quote("t." + Column.Name);

        public string R => SqlName.Quote("r." + Column.Name);

        public string Fits => Reading.Fits(T, R);
    }
}
