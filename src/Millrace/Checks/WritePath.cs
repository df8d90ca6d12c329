using System.Diagnostics;
using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;

namespace Millrace.Checks;

/// <summary>The one way to write a table: stage, check, commit. Files are written aside; checks read them; then the log entry is put, or the files go.</summary>
/// <remarks>
/// Rows in = rows committed + rows quarantined. Checks on single rows look at the new rows; <c>unique</c> and <c>row_count</c> at the table as it
/// would be. The quarantine's commit goes before the table's, both under the task's id, so that a retry after a crash finds either again.
/// </remarks>
public sealed class WritePath(DuckConnection connection, TableWrite write)
{
    private const string ContractId = "contract";

    private readonly TaskContext _context = write.Context;
    private readonly LakeTable _table = new(write.Folder);
    private readonly CheckScan _scan = new(connection);
    private readonly Stopwatch _timer = Stopwatch.StartNew();

    /// <summary>Writes, unless a check blocks.</summary>
    public static TaskOutcome Write(DuckConnection connection, TableWrite write) => new WritePath(connection, write).Write();

    /// <summary>The version that a task committed to a table, or null.</summary>
    public static VersionRecord? FindCommitted(string folder, TaskRecord task) =>
        Directory.Exists(folder) && new LakeTable(folder).FindTransaction(task.Id, (task.Base ?? -1) + 1) is { } found
            ? VersionRecord.FromJson(found.Info, found.Version, found.EntryHash, found.Time)
            : null;

    private TaskOutcome Write()
    {
        if (_context.Fence > 1 && FindCommitted(write.Folder, _context.Task) is { } earlier)
            return new TaskOutcome.Committed(earlier);

        _context.Report("staging", null);
        var staged = Stage(write.Rows);
        CommitRequest? request = null;
        try
        {
            var came = write.Unreadable?.Invoke() ?? new UnreadableRows(0, "");
            var state = write.Asked?.State(staged.ToRelation().Sql, came);
            var (superseded, deletes) = write.Asked?.Besides?.Invoke() ?? (0, 0);
            var fitting = staged.Rows;
            var unreadable = New(came);
            staged = Chosen(staged);
            var skipped = superseded + (fitting - staged.Rows) + (came.Count - unreadable.Count);
            if (write.Asked is { } asked && _context.Base is not null && write.Marks is null && staged.Rows + unreadable.Count + deletes == 0 && write.Placement is not Placement.Overwrite)
            {
                staged.Discard();
                return new TaskOutcome.Unchanged(asked.NothingNew);
            }

            _context.Report("checking", null);
            var (kept, aside) = SetAside(staged, unreadable, fitting);
            staged = kept;
            skipped += aside.Skipped;
            request = Request(staged);
            var checks = _context.Asset.LineageChecks.Concat(aside.Records).Concat(Ask(staged, request)).ToList();
            var counts = new RowCounts(fitting + came.Count + superseded + deletes, staged.Rows, aside.Count, Total(request)) { Skipped = skipped, Deletes = deletes };
            var blocking = checks.Where(c => !c.Passed && c.Effect == "block").ToList();
            if (blocking.Count > 0)
            {
                var message = BlockedMessage(blocking, staged);
                _table.Discard(request);
                return new TaskOutcome.Blocked(message, counts with { Out = 0, Quarantined = 0 }, checks);
            }

            AssertCounts(counts);
            _context.Report("committing", null);
            long? quarantine = counts.Quarantined + unreadable.Values > 0 || write.Marks is not null
                ? Quarantine.Commit(connection, write, aside.Selects, write.Marks?.Select, counts.Quarantined + unreadable.Values + (write.Marks?.Count ?? 0))
                : null;
            var version = new VersionRecord
            {
                Id = new AssetVersion(_context.Task.Build, 0),
                Task = _context.Task.Id,
                Fence = _context.Fence,
                Base = _context.Base?.Id.Number,
                Touched = Touched(staged),
                Pending = _context.Pending,
                Inputs = [.. _context.Inputs.Select(i => i.Id)],
                Origin = write.Origin ?? write.Asked?.Origin ?? _context.Origin,
                Rows = counts,
                Files = write.Files,
                Receipts = write.Asked?.Receipts ?? [],
                State = state,
                QuarantineVersion = quarantine,
                Checks = checks,
                Makers = new Dictionary<string, string>(write.Makers)
                {
                    ["duckdb"] = DuckDatabase.Version,
                    ["as_of"] = _context.AsOf.ToString("O", CultureInfo.InvariantCulture),
                    ["definition"] = _context.Asset.Definition.Hash,
                },
                Milliseconds = _timer.ElapsedMilliseconds,
            };
            var result = _table.Commit(request with { Info = version.ToJson() });
            if (result.Adopted)
                _table.Discard(request);
            return new TaskOutcome.Committed(VersionRecord.FromJson(result.Info, result.Version, result.EntryHash, result.Time));
        }
        catch
        {
            staged.Discard();
            if (request is not null)
                _table.Discard(request);
            throw;
        }
    }

    /// <summary>The rows that are to be added, of those that a place gave.</summary>
    private StagedFiles Chosen(StagedFiles staged)
    {
        if (staged.Rows == 0 || write.Asked?.Choose?.Invoke(staged.ToRelation().Sql) is not { } choice)
            return staged;
        var chosen = Stage(choice);
        staged.Discard();
        return chosen;
    }

    /// <summary>The rows that could not be read, without those that went aside in an earlier load and came again.</summary>
    private UnreadableRows New(UnreadableRows came)
    {
        if (came.Count + came.Values == 0 || Known() is not { } known)
            return came;
        var (rows, values) = (Unknown(came.Select, known), Unknown(came.ValuesSelect, known));
        return new UnreadableRows(came.Count == 0 ? 0 : Count(rows), rows) { Values = came.Values == 0 ? 0 : Count(values), ValuesSelect = values };
    }

    private long Count(string select)
    {
        using var count = connection.Query($"SELECT count(*) FROM ({select})");
        return Convert.ToInt64(count.Scalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>The journal's rows that may have come again, or null.</summary>
    private string? Known() => write.Asked?.Reread is { Count: > 0 } tasks && _context.QuarantineBase is { } journal
        ? $"SELECT check_id, \"row\" FROM ({Quarantine.Read(write.QuarantineFolder, journal).Sql}) WHERE task_id IN ({string.Join(", ", tasks.Select(SqlName.Text))})"
        : null;

    /// <summary>Of equal rows so many are known as stand in the journal.</summary>
    private static string Unknown(string select, string known) => $"""
        SELECT a.check_id, a.reason, a.source, a.line, a."row"
        FROM (SELECT *, row_number() OVER (PARTITION BY check_id, "row") AS _copy FROM ({select})) AS a
        LEFT JOIN (SELECT check_id, "row", count(*) AS _stands FROM ({known}) GROUP BY ALL) AS j
            ON j.check_id = a.check_id AND j."row" IS NOT DISTINCT FROM a."row"
        WHERE a._copy > coalesce(j._stands, 0)
        """;

    private void AssertCounts(RowCounts counts)
    {
        if (!counts.Reconcile)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"The rows of {_context.Asset.Key.Title} do not add up: {counts.In} came in, but {counts.Out} would be committed, {counts.Quarantined} set aside, {counts.Skipped} skipped and {counts.Deletes} deletes applied. Nothing was committed. Please report this."));
        }
    }

    private StagedFiles Stage(string rows) => _table.Stage(connection, rows, write.Schema, new StageOptions
    {
        Now = _context.Now,
        TimeColumn = write.TimeColumn,
        Tags = write.Placement is Placement.Batch batch ? new Dictionary<string, string?> { [Placement.Batch.Tag] = batch.Name } : new Dictionary<string, string?>(),
    });

    /// <summary>Takes the rows out that break a quarantining check. Only when there are such rows are the good ones written a second time.</summary>
    private (StagedFiles Kept, Aside Aside) SetAside(StagedFiles staged, UnreadableRows unreadable, long fitting)
    {
        var selects = unreadable.Count > 0 ? new List<string> { unreadable.Select } : [];
        if (unreadable.Values > 0)
            selects.Add(unreadable.ValuesSelect);
        var contract = Contract(fitting, unreadable);
        var rows = staged.ToRelation().Sql;
        var rowChecks = write.Checks.OfType<RowCheck>().Where(c => c.Effect == CheckEffect.Quarantine).ToList();
        var uniques = write.Checks.OfType<UniqueCheck>().Where(c => c.Effect == CheckEffect.Quarantine).ToList();
        var table = uniques.Count > 0 ? TableWith(staged) : rows;
        var broken = staged.Rows == 0 ? new long[rowChecks.Count] : _scan.CountBroken(rows, rowChecks, staged.Statistics);
        var twice = uniques.Select(u => staged.Rows == 0 ? 0 : _scan.CountTwice(u, table, rows)).ToList();
        var records = contract.Concat(rowChecks.Select((c, i) => CheckScan.Record(c, broken[i], "quarantined")))
            .Concat(uniques.Select((u, i) => CheckScan.Record(u, twice[i], "quarantined, every copy"))).ToList();
        if (broken.Sum() + twice.Sum() == 0)
            return (staged, new Aside(records, selects, unreadable.Count, 0));

        // A row goes aside once, under the first rule that it breaks.
        var rules = rowChecks.Select(c => (Check: (Check)c, Breaks: c.BreaksSql))
            .Concat(uniques.Select(u => (Check: (Check)u, Breaks: CheckScan.IsTwice(u, table, rows)))).ToList();
        var rule = $"CASE {string.Join(" ", rules.Select((r, i) => FormattableString.Invariant($"WHEN {r.Breaks} THEN {i + 1}")))} END";
        var ids = string.Join(", ", rules.Select(r => SqlName.Text(r.Check.Id)));
        var reasons = string.Join(", ", rules.Select(r => SqlName.Text(Quarantine.Reason(r.Check))));
        var columns = string.Join(", ", write.Schema.Names.Select(c => $"{SqlName.Quote(c)} := {SqlName.Quote(c)}"));
        connection.Execute($"""
            CREATE OR REPLACE TEMP TABLE _millrace_aside AS
            SELECT [{ids}][_millrace_rule] AS check_id, [{reasons}][_millrace_rule] AS reason,
                regexp_replace(_source, ':[0-9]+$', '') AS source, TRY_CAST(nullif(regexp_extract(_source, ':([0-9]+)$', 1), '') AS BIGINT) AS line,
                to_json(struct_pack({columns}))::VARCHAR AS "row"
            FROM (SELECT n.*, {rule} AS _millrace_rule FROM ({WithSource(rows)}) AS n)
            WHERE _millrace_rule IS NOT NULL
            """);
        var fresh = Known() is { } known ? Unknown("SELECT * FROM _millrace_aside", known) : "SELECT * FROM _millrace_aside";
        using var count = connection.Query($"SELECT (SELECT count(*) FROM _millrace_aside), (SELECT count(*) FROM ({fresh}))");
        var counted = count.Rows().Single().Select(c => Convert.ToInt64(c, CultureInfo.InvariantCulture)).ToArray();
        selects.Add(fresh);
        var kept = Stage($"SELECT n.* FROM ({rows}) AS n WHERE ({rule}) IS NULL");
        staged.Discard();
        return (kept, new Aside(records, selects, unreadable.Count + counted[1], counted[0] - counted[1]));
    }

    /// <summary>The rows that are to be added, with the place where each was read.</summary>
    private string WithSource(string rows) => write.RowsWithSource is not { } located
        ? $"SELECT *, NULL::VARCHAR AS _source FROM ({rows})"
        : write.Asked?.Choose?.Invoke(located()) ?? located();

    /// <summary>What the contract says. When no row at all fits it, the shape of the data has changed, and setting everything aside would hide that.</summary>
    private IEnumerable<CheckRecord> Contract(long fitting, UnreadableRows unreadable)
    {
        if (write.Unreadable is null)
            return [];
        var blocks = write.BlocksUnreadable || (fitting == 0 && unreadable.Count > 0);
        var example = "";
        if (blocks && unreadable.Count > 0)
        {
            using var result = connection.Query($"SELECT coalesce(source, '') || coalesce(':' || line, '') || ': ' || reason FROM ({unreadable.Select}) LIMIT 1");
            example = $", for example {result.Scalar()}";
        }

        var note = string.Create(CultureInfo.InvariantCulture, $"{unreadable.Count} of {fitting + unreadable.Count} rows do not fit the contract{example}");
        var values = unreadable.Values == 0
            ? Array.Empty<CheckRecord>()
            : [new CheckRecord(ContractId + " values", "quarantine", false, unreadable.Values, "quarantined, their rows are kept without them")];
        return [.. values, new CheckRecord(ContractId, blocks ? "block" : "quarantine", unreadable.Count == 0, unreadable.Count, unreadable.Count == 0 ? "" : note)];
    }

    /// <summary>Asks the checks that do not quarantine.</summary>
    private IEnumerable<CheckRecord> Ask(StagedFiles staged, CommitRequest request)
    {
        var others = write.Checks.Where(c => c.Effect != CheckEffect.Quarantine).ToList();
        var rows = staged.ToRelation().Sql;
        var rowChecks = others.OfType<RowCheck>().ToList();
        var broken = staged.Rows == 0 ? new long[rowChecks.Count] : _scan.CountBroken(rows, rowChecks, staged.Statistics);
        var whole = others.Any(c => c is UniqueCheck) ? _table.Preview(request).Sql : rows;
        foreach (var check in others)
        {
            switch (check)
            {
                case RowCheck row:
                    var failed = broken[rowChecks.IndexOf(row)];
                    yield return CheckScan.Record(row, failed, string.Create(CultureInfo.InvariantCulture, $"{failed} of {staged.Rows} new rows"));
                    break;
                case UniqueCheck unique:
                    var twice = staged.Rows == 0 ? 0 : _scan.CountTwice(unique, whole, rows);
                    yield return CheckScan.Record(unique, twice, string.Create(CultureInfo.InvariantCulture, $"{twice} of {staged.Rows} new rows share their key with another row"));
                    break;
                case RowCountCheck count:
                    yield return CheckScan.Record(count, Total(request));
                    break;
            }
        }
    }

    /// <summary>The table as it would be, for looking only: unlike a request it copies no file.</summary>
    private string TableWith(StagedFiles staged)
    {
        if (write.Placement is Placement.Merge merge && _context.Base is { } m)
            return $"SELECT b.* FROM ({_table.Read(m.Id.Number, m.EntryHash).ToRelation().Sql}) AS b WHERE NOT {IsReplaced(merge, staged)} UNION ALL BY NAME {staged.ToRelation().Sql}";
        if (write.Placement is not Placement.Replace replace || _context.Base is not { } b)
            return _table.Preview(Request(staged)).Sql;
        var rest = _table.Read(b.Id.Number, b.EntryHash).ToRelation(IntervalSet.All.Except(replace.Intervals), write.TimeColumn!);
        return $"{rest.Sql} UNION ALL BY NAME {staged.ToRelation().Sql}";
    }

    private CommitRequest Request(StagedFiles staged)
    {
        var stamp = new CommitStamp(_context.Task.Id, _context.Fence, _context.Now);
        var basis = _context.Base is { } b ? _table.Read(b.Id.Number, b.EntryHash) : null;
        return write.Placement switch
        {
            Placement.Replace replace => _table.ReplaceIntervals(connection, basis, staged, replace.Intervals, write.TimeColumn!, stamp),
            Placement.Batch { Reloaded.Count: > 0 } batch => _table.ReplaceTagged(basis, staged, Placement.Batch.Tag, batch.Reloaded, stamp),
            Placement.Batch => _table.Append(basis, staged, stamp),
            Placement.Merge merge => _table.ReplaceKeys(connection, basis, staged, merge.Key, KeysOf(merge, staged), stamp),
            _ => _table.Overwrite(basis, staged, stamp),
        };
    }

    /// <summary>Rows of the table after the commit, from the files' own counts.</summary>
    private long Total(CommitRequest request)
    {
        var basis = _context.Base is { } b ? _table.Read(b.Id.Number, b.EntryHash) : null;
        var removed = request.RemovesAll ? basis?.RowCount ?? 0 : request.Remove.Sum(f => f.Rows ?? 0);
        return (basis?.RowCount ?? 0) - removed + request.Add.Sum(f => f.Rows ?? 0);
    }

    /// <summary>The keys whose standing rows go.</summary>
    private static string KeysOf(Placement.Merge merge, StagedFiles staged)
    {
        var keys = $"SELECT {string.Join(", ", merge.Key.Select(SqlName.Quote))} FROM ({staged.ToRelation().Sql})";
        return merge.Gone is { } gone ? $"{keys} UNION {gone}" : keys;
    }

    private IntervalSet Touched(StagedFiles staged)
    {
        if (write.Placement is Placement.Replace replace)
            return replace.Intervals;
        if (write.Placement is Placement.Merge merge && write.TimeColumn is { } time)
            return Units(staged.ToRelation().Sql, time).Union(_context.Base is { } b ? Units(Replaced(merge, staged, b), time) : IntervalSet.Empty);
        if (write.Placement is not Placement.Batch batch || write.TimeColumn is not { } column)
            return IntervalSet.All;

        var again = _context.Base is null ? [] : _context.Standing.Chain(_context.Base.Id).Where(v => batch.Reloaded.Contains(v.Task)).Select(v => v.Touched);
        var touched = again.Aggregate(IntervalSet.Empty, (sum, t) => sum.Union(t));
        return staged.Rows == 0 ? touched : touched.Union(Units(staged.ToRelation().Sql, column));
    }

    private IntervalSet Units(string rows, string column)
    {
        using var units = connection.Query(
            $"SELECT DISTINCT date_trunc({SqlName.Text(write.Unit.Word())}, {SqlName.Quote(column)}::TIMESTAMP) FROM ({rows}) WHERE {SqlName.Quote(column)} IS NOT NULL");
        return IntervalSet.Of(units.Rows().Select(r => new DateTimeOffset(DateTime.SpecifyKind((DateTime)r[0]!, DateTimeKind.Unspecified), TimeSpan.Zero))
            .Select(start => new Interval(start, write.Unit.Add(start, 1))));
    }

    private string Replaced(Placement.Merge merge, StagedFiles staged, VersionRecord basis) =>
        $"SELECT b.* FROM ({_table.Read(basis.Id.Number, basis.EntryHash).ToRelation().Sql}) AS b WHERE {IsReplaced(merge, staged)}";

    private static string IsReplaced(Placement.Merge merge, StagedFiles staged) =>
        $"EXISTS (SELECT 1 FROM ({KeysOf(merge, staged)}) AS k WHERE "
            + string.Join(" AND ", merge.Key.Select(c => $"k.{SqlName.Quote(c)} IS NOT DISTINCT FROM b.{SqlName.Quote(c)}")) + ")";

    private string BlockedMessage(List<CheckRecord> blocking, StagedFiles staged)
    {
        var lines = blocking.Select(record =>
        {
            if (record.Id == ContractId)
                return record.Note;
            var check = write.Checks.First(c => c.Id == record.Id);
            var example = check is RowCheck row ? ", for example " + _scan.Example(staged.ToRelation().Sql, row) : "";
            return $"check '{record.Id}' ({check.File}:{check.Line}) says that {check.Rule}; it found {record.Note}{example}";
        });
        return string.Join("; ", lines);
    }

    /// <param name="Records">What the quarantining rules found.</param>
    /// <param name="Selects">Where the rows that go aside can be selected from.</param>
    /// <param name="Count">How many go aside.</param>
    /// <param name="Skipped">How many broke a rule that went aside in an earlier load already.</param>
    private sealed record Aside(IReadOnlyList<CheckRecord> Records, IReadOnlyList<string> Selects, long Count, long Skipped);
}
