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

    /// <summary>Behind the name of a column: what it could not hold, as text.</summary>
    private const string Beside = "__v_varchar";

    private readonly DuckConnection _connection;
    private readonly SourceDefinition _source;
    private readonly IReadOnlyList<ContractColumn> _columns;
    private readonly IReadOnlyList<Group> _groups;

    /// <summary>The columns that have another beside them for what they cannot hold.</summary>
    private readonly HashSet<string> _split = new(StringComparer.OrdinalIgnoreCase);
    private bool _isSplit;

    public ContractReader(ReadRequest request, IReadOnlyList<RawRows> groups)
    {
        (_connection, _source) = (request.Connection, request.Source);
        var named = _source.Columns.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var beside = _source.Columns.Where(c => c.IsEvolved && c.Name.EndsWith(Beside, StringComparison.OrdinalIgnoreCase) && named.Contains(c.Name[..^Beside.Length])).ToList();
        _split.UnionWith(beside.Select(c => c.Name[..^Beside.Length]));
        _columns = [.. _source.Columns.Except(beside), .. _source.Contract.Columns == ContractMode.Evolve ? NewColumns(groups) : []];
        _groups = [.. groups.Select(g => new Group(g, [.. _columns.Select(c => Read(c, g))]))];
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
    public override Schema Schema => new([.. _columns.Select(c => new Column(c.Name, c.Type)), .. Split.Select(n => new Column(n + Beside, DataType.String))]);

    /// <inheritdoc/>
    public override string Rows => Union(g =>
    {
        var direct = g.Columns.Where(c => c.Reading.IsDirect && g.Raw.IsTyped && c.Raw is { Type: null }).ToDictionary(c => c.Raw!.Name, c => c.Column.Type);
        var values = g.Columns.Select(c => c.Raw is null || direct.ContainsKey(c.Raw.Name) ? $"{c.RawSql} AS {c.Name}" : $"{c.Reading.Fast(c.T, c.R, Unfaithful)} AS {c.Name}");
        var unknown = RefusesUnknown ? g.Unknown : [];
        var inner = g.Columns.Where(c => c.Raw is not null).SelectMany(c => direct.ContainsKey(c.Raw!.Name)
            ? [c.RawSql]
            : new[] { $"{c.RawSql} AS {c.T}", $"{c.Reading.Cast(c.RawSql, isTry: false)} AS {c.R}" }).Concat(unknown.Select(Other)).DefaultIfEmpty("0 AS _millrace_nothing");
        var where = unknown.Count == 0
            ? ""
            : $" WHERE CASE WHEN {string.Join(" OR ", unknown.Select(u => $"{OtherName(u)} IS NOT NULL"))} THEN CAST(error({SqlName.Text(Unfaithful)}) AS BOOLEAN) ELSE true END";
        return $"SELECT {string.Join(", ", values.Concat(Split.Select(n => $"NULL::VARCHAR AS {SqlName.Quote(n + Beside)}")))} FROM (SELECT {string.Join(", ", inner)} FROM {g.Raw.Fast(direct)}){where}";
    });

    /// <inheritdoc/>
    public override string FittingRows => Union(g => $"SELECT {Values(g)} FROM ({Sorted(g)}) WHERE {Fits(g)}");

    /// <inheritdoc/>
    public override string FittingRowsWithSource => Union(g => $"SELECT {Values(g)}, _source FROM ({Sorted(g)}) WHERE {Fits(g)}");

    private bool KeepsRows => _source.Contract.Types is ContractMode.QuarantineValue or ContractMode.Evolve;

    private bool RefusesUnknown => _source.Contract.Columns is ContractMode.QuarantineRow or ContractMode.QuarantineValue;

    private IEnumerable<string> Split => _columns.Select(c => c.Name).Where(_split.Contains);

    /// <inheritdoc/>
    public override bool IsUnreadable(DuckException e) =>
        e.Kind is DuckErrorKind.Conversion or DuckErrorKind.OutOfRange || e.Message.Contains(Unfaithful, StringComparison.Ordinal)
            || (e.Kind is DuckErrorKind.InvalidInput or DuckErrorKind.NotImplemented
                && (e.Message.Contains("Could not", StringComparison.Ordinal) || e.Message.Contains("CSV", StringComparison.Ordinal)));

    /// <inheritdoc/>
    public override UnreadableRows Unreadable(DuckConnection connection, bool isSecondPass)
    {
        var rows = _groups.Where(g => isSecondPass && Conditions(g).Any()).Select(g => $"""
            SELECT 'contract' AS check_id, CASE {string.Join(" ", Conditions(g).Select(c => $"WHEN NOT {c.Fits} THEN {c.Reason}"))} END AS reason,
                _file AS source, _line AS line, {RowOf(g)} AS "row"
            FROM ({Sorted(g)}) WHERE NOT ({Fits(g)})
            """).Concat(_groups.Select(g => g.Raw.Malformed()).OfType<string>().Select(m =>
                $"SELECT 'contract' AS check_id, reason, file AS source, line, \"row\" FROM {m}")).ToList();
        var values = isSecondPass ? _groups.SelectMany(ValuesAside).ToList() : [];
        return new UnreadableRows(Count(connection, rows), string.Join("\nUNION ALL\n", rows))
        {
            Values = Count(connection, values),
            ValuesSelect = string.Join("\nUNION ALL\n", values),
        };
    }

    /// <summary>What a row must hold to be kept, and why it does not.</summary>
    private IEnumerable<(string Fits, string Reason)> Conditions(Group group)
    {
        if (!KeepsRows)
        {
            foreach (var column in Failing(group))
                yield return (column.Fits, column.Reading.Reason(column.T));
        }

        if (_source.Contract.Columns == ContractMode.QuarantineRow)
        {
            foreach (var unknown in group.Unknown)
                yield return ($"({OtherName(unknown)} IS NULL)", Unwanted(unknown));
        }
    }

    /// <summary>Values that go aside while their rows stay.</summary>
    private IEnumerable<string> ValuesAside(Group group)
    {
        if (_source.Contract.Types == ContractMode.QuarantineValue)
        {
            foreach (var column in Failing(group))
                yield return Aside(column.Column.Name, column.Reading.Reason(column.T), column.T, $"NOT {column.Fits}");
        }

        if (_source.Contract.Columns == ContractMode.QuarantineValue)
        {
            foreach (var unknown in group.Unknown)
                yield return Aside(unknown.Name, Unwanted(unknown), OtherName(unknown), $"{OtherName(unknown)} IS NOT NULL");
        }

        string Aside(string name, string reason, string value, string where) => $"""
            SELECT {SqlName.Text($"value({name})")} AS check_id, {reason} AS reason, _file AS source, _line AS line,
                to_json(struct_pack({SqlName.Quote(name)} := {value}::VARCHAR))::VARCHAR AS "row"
            FROM ({Sorted(group)}) WHERE {Fits(group)} AND {where}
            """;
    }

    private static string Unwanted(RawColumn unknown) =>
        $"{SqlName.Text(unknown.Name + ", which the contract lacks, holds '")} || {OtherName(unknown)}::VARCHAR || {SqlName.Text("'")}";

    private string Union(Func<Group, string> select) => string.Join("\nUNION ALL\n", _groups.Select(select));

    private static IEnumerable<ReadColumn> Failing(Group group) => group.Columns.Where(c => c.Raw is not null && c.Reading.CanFail);

    private string Fits(Group group) => string.Join(" AND ", Conditions(group).Select(c => c.Fits).DefaultIfEmpty("true"));

    private string Values(Group group)
    {
        FindSplit();
        return string.Join(", ", group.Columns.Select(c => $"{Value(c)} AS {c.Name}")
            .Concat(Split.Select(n => $"{WhatIsBeside(group.Columns.First(c => c.Column.Name == n))} AS {SqlName.Quote(n + Beside)}")));

        string Value(ReadColumn c) => c.Raw is null ? c.RawSql : KeepsRows && c.Reading.CanFail ? $"CASE WHEN {c.Fits} THEN {c.R} END" : c.R;

        static string WhatIsBeside(ReadColumn c) => c is { Raw: not null, Reading.CanFail: true } ? $"CASE WHEN NOT {c.Fits} THEN {c.T}::VARCHAR END" : "NULL::VARCHAR";
    }

    /// <summary>Finds the columns that came with a value which they cannot hold, so that they get another column beside them.</summary>
    private void FindSplit()
    {
        if (_isSplit || _source.Contract.Types != ContractMode.Evolve)
            return;
        _isSplit = true;
        foreach (var group in _groups)
        {
            var failing = Failing(group).Where(c => !_split.Contains(c.Column.Name)).ToList();
            if (failing.Count == 0)
                continue;
            using var result = _connection.Query($"SELECT {string.Join(", ", failing.Select(c => $"count(*) FILTER (WHERE NOT {c.Fits})"))} FROM ({Sorted(group)})");
            var counts = result.Rows().Single();
            _split.UnionWith(failing.Where((_, i) => Convert.ToInt64(counts[i], CultureInfo.InvariantCulture) > 0).Select(c => c.Column.Name));
        }
    }

    /// <summary>The raw value t.x and its reading r.x of each column, and where the row stands.</summary>
    private static string Sorted(Group group)
    {
        var columns = group.Columns.Where(c => c.Raw is not null).SelectMany(c => new[] { $"{c.RawSql} AS {c.T}", $"{c.Reading.Cast(c.RawSql, isTry: true)} AS {c.R}" });
        return $"SELECT {string.Join(", ", columns.Concat(group.Unknown.Select(Other)).Append("_millrace_file AS _file").Append("_millrace_line AS _line"))}, "
            + $"_millrace_file || coalesce(':' || _millrace_line, '') AS _source FROM {group.Raw.Sorted()}";
    }

    private static string RowOf(Group group)
    {
        var fields = group.Raw.Columns.Select(r => $"{SqlName.Quote(r.Name)} := {group.Columns.FirstOrDefault(c => c.Raw == r)?.T ?? OtherName(r)}{(r.Type is null ? "" : "::VARCHAR")}");
        return $"to_json(struct_pack({string.Join(", ", fields)}))::VARCHAR";
    }

    private static string Other(RawColumn raw) => $"{SqlName.Quote(raw.Name)} AS {OtherName(raw)}";

    private static string OtherName(RawColumn raw) => SqlName.Quote("o." + raw.Name);

    private static long Count(DuckConnection connection, List<string> selects)
    {
        if (selects.Count == 0)
            return 0;
        using var result = connection.Query($"SELECT count(*) FROM ({string.Join("\nUNION ALL\n", selects)})");
        return Convert.ToInt64(result.Scalar(), CultureInfo.InvariantCulture);
    }

    private ContractColumn[] NewColumns(IReadOnlyList<RawRows> groups) =>
    [
        .. groups.SelectMany(g => g.Columns).Where(r => !ContractNames.IsWanted(_source, r.Name)).DistinctBy(r => r.Name, StringComparer.OrdinalIgnoreCase)
            .Select(r => new ContractColumn(r.Name, InferredType.Of(_connection, groups, r.Name, IsUnreadable), false, null, null, 0) { IsEvolved = true }),
    ];

    private ReadColumn Read(ContractColumn column, RawRows group)
    {
        var raw = group.Columns.FirstOrDefault(r => r.Name == column.Name)
            ?? group.Columns.FirstOrDefault(r => r.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase));
        var reading = raw?.Type is { } type ? ValueReading.OfType(column, type) : ValueReading.OfText(column, _source.Csv.DecimalSeparator);
        return new ReadColumn(column, raw, reading ?? throw new SourceException(
            $"The column '{column.Name}' is {raw!.Type} in {group.File}, of which no value is a {column.Type.Sql}. Change its type in {_source.File}: varchar takes any value."));
    }

    private sealed record Group(RawRows Raw, IReadOnlyList<ReadColumn> Columns)
    {
        /// <summary>Columns of the files that no column of the table takes.</summary>
        public IReadOnlyList<RawColumn> Unknown { get; } = [.. Raw.Columns.Where(r => Columns.All(c => c.Raw != r))];
    }

    private sealed record ReadColumn(ContractColumn Column, RawColumn? Raw, ValueReading Reading)
    {
        public string Name => SqlName.Quote(Column.Name);

        public string RawSql => Raw is null ? $"NULL::{Column.Type.Sql}" : SqlName.Quote(Raw.Name);

        public string T => SqlName.Quote("t." + Column.Name);

        public string R => SqlName.Quote("r." + Column.Name);

        public string Fits => Reading.Fits(T, R);
    }
}
