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
            var unreadable = write.Unreadable?.Invoke() ?? new UnreadableRows(0, "");
            var rowsIn = staged.Rows + unreadable.Count;

            _context.Report("checking", null);
            var (kept, aside) = SetAside(staged, unreadable);
            staged = kept;
            request = Request(staged);
            var checks = _context.Asset.LineageChecks.Concat(aside.Records).Concat(Ask(staged, request)).ToList();
            var counts = new RowCounts(rowsIn, staged.Rows, rowsIn - staged.Rows, Total(request));
            var blocking = checks.Where(c => !c.Passed && c.Effect == "block").ToList();
            if (blocking.Count > 0)
            {
                var message = BlockedMessage(blocking, staged);
                _table.Discard(request);
                return new TaskOutcome.Blocked(message, counts with { Out = 0, Quarantined = 0 }, checks);
            }

            _context.Report("committing", null);
            long? quarantine = aside.Selects.Count > 0 ? Quarantine.Commit(connection, write, string.Join("\nUNION ALL\n", aside.Selects)) : null;
            var version = new VersionRecord
            {
                Id = new AssetVersion(_context.Task.Build, 0),
                Task = _context.Task.Id,
                Fence = _context.Fence,
                Base = _context.Base?.Id.Number,
                Touched = Touched(staged),
                Pending = _context.Pending,
                Inputs = [.. _context.Inputs.Select(i => i.Id)],
                Origin = _context.Origin,
                Rows = counts,
                Files = write.Files,
                QuarantineVersion = quarantine,
                Checks = checks,
                Makers = new Dictionary<string, string>
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

    private StagedFiles Stage(string rows) => _table.Stage(connection, rows, write.Schema, new StageOptions
    {
        Now = _context.Now,
        TimeColumn = write.TimeColumn,
        Tags = write.Placement is Placement.Batch batch ? new Dictionary<string, string?> { [Placement.Batch.Tag] = batch.Name } : new Dictionary<string, string?>(),
    });

    /// <summary>Takes the rows out that break a quarantining check. Only when there are such rows are the good ones written a second time.</summary>
    private (StagedFiles Kept, Aside Aside) SetAside(StagedFiles staged, UnreadableRows unreadable)
    {
        var selects = unreadable.Count > 0 ? new List<string> { unreadable.Select } : [];
        var contract = Contract(staged, unreadable);
        var rows = staged.ToRelation().Sql;
        var rowChecks = write.Checks.OfType<RowCheck>().Where(c => c.Effect == CheckEffect.Quarantine).ToList();
        var uniques = write.Checks.OfType<UniqueCheck>().Where(c => c.Effect == CheckEffect.Quarantine).ToList();
        var table = uniques.Count > 0 ? TableWith(staged) : rows;
        var broken = staged.Rows == 0 ? new long[rowChecks.Count] : _scan.CountBroken(rows, rowChecks, staged.Statistics);
        var twice = uniques.Select(u => staged.Rows == 0 ? 0 : _scan.CountTwice(u, table, rows)).ToList();
        var records = contract.Concat(rowChecks.Select((c, i) => CheckScan.Record(c, broken[i], "quarantined")))
            .Concat(uniques.Select((u, i) => CheckScan.Record(u, twice[i], "quarantined, every copy"))).ToList();
        if (broken.Sum() + twice.Sum() == 0)
            return (staged, new Aside(records, selects));

        // A row goes aside once, under the first rule that it breaks.
        var rules = rowChecks.Select(c => (Check: (Check)c, Breaks: c.BreaksSql))
            .Concat(uniques.Select(u => (Check: (Check)u, Breaks: CheckScan.IsTwice(u, table, rows)))).ToList();
        var rule = $"CASE {string.Join(" ", rules.Select((r, i) => FormattableString.Invariant($"WHEN {r.Breaks} THEN {i + 1}")))} END";
        var ids = string.Join(", ", rules.Select(r => SqlName.Text(r.Check.Id)));
        var reasons = string.Join(", ", rules.Select(r => SqlName.Text(Quarantine.Reason(r.Check))));
        var columns = string.Join(", ", write.Schema.Names.Select(c => $"{SqlName.Quote(c)} := {SqlName.Quote(c)}"));
        connection.Execute($"""
            CREATE OR REPLACE TEMP TABLE _millrace_aside AS
            SELECT [{ids}][_millrace_rule] AS check_id, [{reasons}][_millrace_rule] AS reason, regexp_replace(_source, ':[0-9]+$', '') AS source, TRY_CAST(nullif(regexp_extract(_source, ':([0-9]+)$', 1), '') AS BIGINT) AS line,
                to_json(struct_pack({columns}))::VARCHAR AS "row"
            FROM (SELECT n.*, {rule} AS _millrace_rule FROM ({write.RowsWithSource?.Invoke() ?? $"SELECT *, NULL::VARCHAR AS _source FROM ({rows})"}) AS n)
            WHERE _millrace_rule IS NOT NULL
            """);
        selects.Add("SELECT * FROM _millrace_aside");
        var kept = Stage($"SELECT n.* FROM ({rows}) AS n WHERE ({rule}) IS NULL");
        staged.Discard();
        return (kept, new Aside(records, selects));
    }

    /// <summary>What the contract says. When no row at all fits it, the shape of the data has changed, and setting everything aside would hide that.</summary>
    private IEnumerable<CheckRecord> Contract(StagedFiles staged, UnreadableRows unreadable)
    {
        if (write.Unreadable is null)
            return [];
        var blocks = write.BlocksUnreadable || (staged.Rows == 0 && unreadable.Count > 0);
        var example = "";
        if (blocks && unreadable.Count > 0)
        {
            using var result = connection.Query($"SELECT coalesce(source, '') || coalesce(':' || line, '') || ': ' || reason FROM ({unreadable.Select}) LIMIT 1");
            example = $", for example {result.Scalar()}";
        }

        var note = string.Create(CultureInfo.InvariantCulture, $"{unreadable.Count} of {staged.Rows + unreadable.Count} rows do not fit the contract{example}");
        return [new CheckRecord(ContractId, blocks ? "block" : "quarantine", unreadable.Count == 0, unreadable.Count, unreadable.Count == 0 ? "" : note)];
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

    private IntervalSet Touched(StagedFiles staged)
    {
        if (write.Placement is Placement.Replace replace)
            return replace.Intervals;
        if (write.Placement is not Placement.Batch batch || write.TimeColumn is not { } column)
            return IntervalSet.All;

        var again = _context.Base is null ? [] : _context.Standing.Chain(_context.Base.Id).Where(v => batch.Reloaded.Contains(v.Task)).Select(v => v.Touched);
        var touched = again.Aggregate(IntervalSet.Empty, (sum, t) => sum.Union(t));
        if (staged.Rows == 0)
            return touched;
        using var units = connection.Query(
            $"SELECT DISTINCT date_trunc({SqlName.Text(write.Unit.Word())}, {SqlName.Quote(column)}::TIMESTAMP) FROM ({staged.ToRelation().Sql}) WHERE {SqlName.Quote(column)} IS NOT NULL");
        return touched.Union(IntervalSet.Of(units.Rows().Select(r => new DateTimeOffset(DateTime.SpecifyKind((DateTime)r[0]!, DateTimeKind.Unspecified), TimeSpan.Zero))
            .Select(start => new Interval(start, write.Unit.Add(start, 1)))));
    }

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

    private sealed record Aside(IReadOnlyList<CheckRecord> Records, IReadOnlyList<string> Selects);
}
