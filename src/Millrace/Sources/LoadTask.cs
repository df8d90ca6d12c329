using Millrace.Assets;
using Millrace.Checks;
using Millrace.Checks.Types;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Formats;
using Millrace.Sql;

namespace Millrace.Sources;

/// <summary>Loads the new and changed files of a source into its table.</summary>
/// <param name="pool">Engines.</param>
/// <param name="home">Where tables lie.</param>
/// <param name="folder">Where the files lie, and how they were when the plan was made.</param>
/// <param name="sources">Definition and checks of each source.</param>
public sealed class LoadTask(SqlSessionPool pool, Home home, SourceFolder folder, Func<AssetKey, (SourceDefinition Source, IReadOnlyList<Check> Checks)> sources) : ITaskKind
{
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
        var batch = Choose(context);
        if (batch.Files.Count == 0 && context.Base is null)
            throw new SourceException(context.Asset.Note is { } note ? $"No file is left to load: {note}" : $"No file matches '{source.Path}' in the project folder. Put a file there, or change 'path' in {source.File}.");

        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        var scratch = Path.Combine(home.TempFolder, "load-" + Guid.NewGuid().ToString("N"));
        try
        {
            var rows = KnownFormats.Find(source.Type)!.Open(new ReadRequest
            {
                Source = source,
                Files = [.. batch.Files.Select(f => new InputFile(f.Path, Path.GetFullPath(Path.Combine(folder.Folder, f.Path))))],
                Scratch = scratch,
                Connection = session.Connection,
                CancellationToken = cancellationToken,
            });
            try
            {
                return Write(session.Connection, context, source, checks, batch, rows, isSecondPass: false);
            }
            catch (DuckException e) when (rows.IsUnreadable(e))
            {
                context.Report("sorting rows", null);
                return Write(session.Connection, context, source, checks, batch, rows, isSecondPass: true);
            }
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private TaskOutcome Write(
        DuckConnection connection, TaskContext context, SourceDefinition source, IReadOnlyList<Check> checks, Batch batch, RowReader rows, bool isSecondPass)
    {
        var effect = source.OnMismatch == OnMismatch.Block ? CheckEffect.Block : CheckEffect.Quarantine;
        return WritePath.Write(connection, new TableWrite
        {
            Context = context,
            Folder = home.TableFolder(context.Asset.Build),
            QuarantineFolder = home.QuarantineFolder(context.Asset.Key),
            Schema = context.Asset.Schema,
            Rows = isSecondPass ? rows.FittingRows : rows.Rows,
            RowsWithSource = () => rows.FittingRowsWithSource,
            Checks =
            [
                .. source.Columns.Where(c => c.IsRequired).Select(c => new NotNullCheck($"required({c.Name})", effect, source.File, c.Line, c.Name)),
                .. checks,
            ],
            Unreadable = () =>
            {
                // The rows stand under the hash that the plan saw: bytes that came later must not be taken for these.
                if (batch.Files.FirstOrDefault(f => !folder.IsAsFound(f)) is { } changed)
                    throw new SourceException($"{changed.Path} changed after the plan was made. Nothing was loaded; run again once writing has ended.");
                return rows.Unreadable(connection, isSecondPass);
            },
            BlocksUnreadable = source.OnMismatch == OnMismatch.Block,
            Placement = new Placement.Batch(context.Task.Id, batch.Reloaded),
            TimeColumn = source.TimeColumn,
            Unit = source.Interval,
            Files = [.. batch.Files.Select(f => f with { Batch = context.Task.Id })],
        });
    }

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
