using Millrace.Assets;
using Millrace.Checks;
using Millrace.Checks.Types;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats;
using Millrace.Sql;

namespace Millrace.Sources;

/// <summary>Loads what is new of a source into its table: new and changed files of the project folder, or what a place outside gives.</summary>
/// <param name="pool">Engines.</param>
/// <param name="home">Where tables lie.</param>
/// <param name="folder">Where the files lie, and how they were when the plan was made.</param>
/// <param name="sources">Definition and checks of each source.</param>
/// <param name="clock">The run's clock.</param>
/// <param name="variable">The value of an environment variable, or null.</param>
public sealed partial class LoadTask(
    SqlSessionPool pool, Home home, SourceFolder folder, Func<AssetKey, (SourceDefinition Source, IReadOnlyList<Check> Checks)> sources,
    TimeProvider clock, Func<string, string?> variable) : ITaskKind
{
    private readonly Landings _landings = new(home.LandingFolder);

    /// <summary>The word in plans and in the ledger.</summary>
    public const string Kind = "load";

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public VersionRecord? FindCommitted(TaskRecord task) => WritePath.FindCommitted(home.TableFolder(task.Build), task);

    /// <inheritdoc/>
    public TaskOutcome Execute(TaskContext context, CancellationToken cancellationToken)
    {
        var (source, checks) = sources(context.Asset.Key);
        if (source.Place is not null)
            return LoadPlace(context, source, checks, cancellationToken);

        var batch = Choose(context);
        if (batch.Files.Count == 0 && context.Base is null)
            throw new SourceException(context.Asset.Note is { } note ? $"No file is left to load: {note}" : $"No file matches '{source.Path}' in the project folder. Put a file there, or change 'path' in {source.File}.");

        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        var scratch = Path.Combine(home.TempFolder, "load-" + context.Task.Id.Replace('/', '+'));
        try
        {
            var reader = batch.Files.Count == 0
                ? null
                : KnownFormats.Find(source.Format)!.Open(new ReadRequest
                {
                    Source = source.Over(context.Asset.Schema),
                    Files = [.. batch.Files.Select(f => new InputFile(f.Path, Path.GetFullPath(Path.Combine(folder.Folder, f.Path))))],
                    Scratch = scratch,
                    Connection = session.Connection,
                    CancellationToken = cancellationToken,
                });
            return ReadTwice(session.Connection, context, reader, isSecondPass => Write(session.Connection, context, source, checks, batch, reader, isSecondPass));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && batch.Files.FirstOrDefault(f => !folder.IsAsFound(f)) is { } gone)
        {
            throw new SourceException($"{gone.Path} vanished while it was loaded. Nothing was loaded; put it back, or run again without it.", e);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Writes as if every value fitted; where one does not, sorts the rows in a second pass.</summary>
    private static TaskOutcome ReadTwice(DuckConnection connection, TaskContext context, RowReader? reader, Func<bool, TableWrite> write)
    {
        try
        {
            return WritePath.Write(connection, write(false));
        }
        catch (DuckException e) when (reader?.IsUnreadable(e) == true)
        {
            context.Report("sorting rows", null);
            return WritePath.Write(connection, write(true));
        }
    }

    /// <summary>The rules of a contract and those beside it.</summary>
    internal static IReadOnlyList<Check> ChecksOf(SourceDefinition source, IReadOnlyList<Check> checks)
    {
        var effect = source.Contract.Nullability switch
        {
            ContractMode.Freeze => CheckEffect.Block,
            ContractMode.Evolve => CheckEffect.Warn,
            _ => CheckEffect.Quarantine,
        };
        return [.. source.Columns.Where(c => c.IsRequired).Select(c => new NotNullCheck($"required({c.Name})", effect, source.File, c.Line, c.Name)), .. checks];
    }

    private TableWrite Write(
        DuckConnection connection, TaskContext context, SourceDefinition source, IReadOnlyList<Check> checks, Batch batch, RowReader? reader, bool isSecondPass) => new()
    {
        Context = context,
        Folder = home.TableFolder(context.Asset.Build),
        QuarantineFolder = home.QuarantineFolder(context.Asset.Key),

        // The rows come first: asking for them may give the table a column more.
        Rows = reader is null ? Empty(context.Asset.Schema) : isSecondPass ? reader.FittingRows : reader.Rows,
        Schema = reader?.Schema ?? context.Asset.Schema,
        RowsWithSource = reader is null ? null : () => reader.FittingRowsWithSource,
        Checks = ChecksOf(source, checks),
        Unreadable = () =>
        {
            // The rows stand under the hash that the plan saw: bytes that came later must not be taken for these.
            if (batch.Files.FirstOrDefault(f => !folder.IsAsFound(f)) is { } changed)
                throw new SourceException($"{changed.Path} changed after the plan was made. Nothing was loaded; run again once writing has ended.");
            return reader?.Unreadable(connection, isSecondPass) ?? new UnreadableRows(0, "");
        },
        BlocksUnreadable = source.Contract.Types == ContractMode.Freeze,
        Placement = new Placement.Batch(context.Task.Id, batch.Reloaded),
        TimeColumn = source.TimeColumn,
        Unit = source.Interval,
        Files = [.. batch.Files.Select(f => f with { Batch = context.Task.Id })],
        Origin = OriginOver(context, batch.Reloaded),
        Makers = OriginOver(context, batch.Reloaded) is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [VersionRecord.FilesMaker] = context.Origin.Text },
    };

    /// <summary>Rows that were put through again are among what the rows are made from; null when there are none, and the files say it all.</summary>
    private static Fingerprint? OriginOver(TaskContext context, IReadOnlySet<string> reloaded)
    {
        var replays = context.Base is { } b
            ? context.Standing.Chain(b.Id).Where(v => v.Makers.GetValueOrDefault(VersionRecord.ReplayMaker) is { } batch && v.Rows.Out > 0 && !reloaded.Contains(batch)).Select(v => v.Task).ToList()
            : [];
        return replays.Count == 0 ? null : Fingerprint.Of([context.Origin.Text, .. replays]);
    }

    /// <summary>No row of a schema.</summary>
    internal static string Empty(Schema schema) => $"SELECT {string.Join(", ", schema.Columns.Select(c => $"NULL::{c.Type.Sql} AS {SqlName.Quote(c.Name)}"))} WHERE false";

    /// <summary>New files, changed files, and those that were loaded together with a changed one: a batch is loaded again as a whole.</summary>
    private static Batch Choose(TaskContext context)
    {
        var held = context.Base is { } b ? context.Standing.Files(b.Id) : [];
        var byPath = held.ToDictionary(f => f.Path, StringComparer.Ordinal);
        var wanted = context.Asset.Files!;
        var reloaded = wanted.Where(f => byPath.TryGetValue(f.Path, out var h) && h.Hash != f.Hash).Select(f => byPath[f.Path].Batch).ToHashSet(StringComparer.Ordinal);

        // A wanted file that carries a batch stands from an earlier load and does not lie there in this form.
        var gone = held.FirstOrDefault(f => reloaded.Contains(f.Batch) && wanted.All(w => w.Path != f.Path || w.Batch.Length > 0));
        if (gone is not null)
        {
            var changed = wanted.First(f => byPath.TryGetValue(f.Path, out var h) && h.Batch == gone.Batch && h.Hash != f.Hash);
            throw new SourceException(
                $"{changed.Path} changed and has to be loaded again together with {gone.Path}, which is gone or was rejected in its new form. Put {gone.Path} back as it was; or give the changed rows in a file with a new name.");
        }

        return new Batch([.. wanted.Where(f => !byPath.TryGetValue(f.Path, out var h) || reloaded.Contains(h.Batch))], reloaded);
    }

    private sealed record Batch(IReadOnlyList<SourceFile> Files, IReadOnlySet<string> Reloaded);
}
