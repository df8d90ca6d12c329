using Millrace.Assets;
using Millrace.Checks;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Connectors;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats;

namespace Millrace.Sources;

public sealed partial class LoadTask
{
    /// <summary>Asks a place for what is new, and loads what landed.</summary>
    private TaskOutcome LoadPlace(TaskContext context, SourceDefinition source, IReadOnlyList<Check> checks, CancellationToken cancellationToken)
    {
        if (context.Fence > 1 && FindCommitted(context.Task) is { } earlier)
            return new TaskOutcome.Committed(earlier);

        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        var resume = ResumePoint.Of(context, source, _landings);
        var range = Range(session.Connection, context, source, resume);
        var landing = _landings.New(source.Key, context.Task.Id);
        FetchResult? result = null;
        try
        {
            context.Report("fetching", null);
            result = Fetch(context, source, resume, range, landing, cancellationToken);
            Failpoint.Pass("source.fetched");
            var outcome = Load(session.Connection, context, source, checks, resume, range, landing, result, cancellationToken);
            if (outcome is TaskOutcome.Unchanged)
                _landings.Delete(source.Key, context.Task.Id);
            if (outcome is TaskOutcome.Committed or TaskOutcome.Unchanged)
                Acknowledge(context, result);
            else
                result.Abandon?.Invoke();
            return outcome;
        }
        catch
        {
            result?.Abandon?.Invoke();
            _landings.Delete(source.Key, context.Task.Id);
            throw;
        }
    }

    private FetchResult Fetch(
        TaskContext context, SourceDefinition source, ResumePoint resume, CursorRange? range, Landing landing, CancellationToken cancellationToken)
    {
        var secrets = new Secrets(folder.Folder, variable);
        try
        {
            return source.Place!.Fetch(
                new FetchRequest
                {
                    Source = source,
                    ProjectFolder = folder.Folder,
                    Landing = landing,
                    State = source.Mode == LoadMode.Replace ? null : resume.Place,
                    Range = range,
                    HomeFolder = home.Folder,
                    Said = text => context.Report(text, null),
                    Secrets = secrets,
                    Time = clock,
                },
                cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Libraries repeat what they were given, in inner exceptions too.
            var isClean = secrets.Hide(e.ToString()) == e.ToString();
            throw new SourceException(e is SourceException ? secrets.Hide(e.Message) : $"The {source.Type} of {source.File} could not be fetched: {secrets.Hide(e.Message)} Nothing was loaded.", isClean ? e : null);
        }
    }

    private TaskOutcome Load(
        DuckConnection connection, TaskContext context, SourceDefinition source, IReadOnlyList<Check> checks, ResumePoint resume, CursorRange? range,
        Landing landing, FetchResult result, CancellationToken cancellationToken)
    {
        var isWhole = result.IsWhole || source.Mode == LoadMode.Replace;
        var owed = isWhole ? [] : resume.Owed;
        var receipts = owed.Concat(result.Receipts.Select(r => new SourceReceipt(r.Name, context.Task.Id, r.Landed, r.Bytes, r.Hash, r.At, r.Details))).ToList();
        var files = owed.SelectMany(r => _landings.Files(source.Key, r)!)
            .Concat(landing.Files.Where(f => f.Bytes > 0).Select(f => _landings.Input(source.Key, context.Task.Id, f.Name))).ToList();
        var origin = Fingerprint.Of(
            [isWhole ? "" : context.Base?.Origin.Text ?? "", result.State?.ToJsonString() ?? "", .. owed.Select(r => r.Hash), .. landing.Files.Select(f => f.Hash)]);
        var nothing = $"asked {source.Type}: nothing new";
        if (context.Base is { } basis && (isWhole ? basis.Origin == origin : files.Count == 0))
            return new TaskOutcome.Unchanged(nothing);

        var scratch = Path.Combine(home.TempFolder, "load-" + Path.GetFileName(landing.Folder));
        try
        {
            // Batches that are taken in again lie below the range, and so does what a whole copy holds.
            var wanted = range is not null && (isWhole || owed.Count > 0) ? range with { From = source.Cursor!.Initial, IsFromIncluded = true } : range;
            var load = new PlaceLoad(connection, context, source, wanted, resume.Cursor, isWhole, home.TableFolder(context.Asset.Build));
            var reader = files.Count == 0 ? null : KnownFormats.Find(source.Format)!.Open(new ReadRequest
            {
                Source = load.Reading.Over(context.Asset.Schema),
                Files = files,
                Scratch = scratch,
                Connection = connection,
                CancellationToken = cancellationToken,
            });
            TableWrite Write(bool isSecondPass) => new()
            {
                Context = context,
                Folder = home.TableFolder(context.Asset.Build),
                QuarantineFolder = home.QuarantineFolder(context.Asset.Key),
                Rows = load.Rows(reader is null ? null : isSecondPass ? reader.FittingRows : reader.Rows),
                Schema = source.Mode == LoadMode.Changes ? context.Asset.Schema : reader?.Schema ?? context.Asset.Schema,
                RowsWithSource = source.Mode == LoadMode.Changes || reader is null ? null : () => reader.FittingRowsWithSource,
                Checks = ChecksOf(source, checks),
                Unreadable = () => reader?.Unreadable(connection, isSecondPass) ?? new UnreadableRows(0, ""),
                BlocksUnreadable = source.Contract.Types == ContractMode.Freeze,
                Placement = load.Placement,
                TimeColumn = source.TimeColumn,
                Unit = source.Interval,
                Asked = new AskedWrite
                {
                    Origin = origin,
                    Receipts = receipts,
                    State = (rows, unreadable) => load.State(rows, unreadable, result.State),
                    Choose = load.Choose,
                    Besides = load.Besides,
                    Reread = source.Cursor is null ? null : resume.Tasks,
                    NothingNew = nothing,
                },
            };
            return ReadTwice(connection, context, reader, Write);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>The rows stand already: a place that cannot be told now gives them again, and they are told apart then.</summary>
    private static void Acknowledge(TaskContext context, FetchResult result)
    {
        Failpoint.Pass("source.before-acknowledge");
        try
        {
            result.Acknowledge?.Invoke();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            context.Report("not acknowledged", null);
        }

        Failpoint.Pass("source.acknowledged");
    }

    private static CursorRange? Range(DuckConnection connection, TaskContext context, SourceDefinition source, ResumePoint resume)
    {
        if (source.Cursor is not { } cursor)
            return null;
        if (resume.Cursor is not { } last)
            return new CursorRange(cursor.Initial, true, cursor.End);
        using var start = connection.Query($"SELECT {cursor.StartSql(context.Asset.Schema.Find(cursor.Column)!.Type, last)}");
        return new CursorRange((string)start.Scalar()!, cursor.IsStartClosed, cursor.End);
    }
}
