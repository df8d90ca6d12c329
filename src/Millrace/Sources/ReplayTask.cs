using System.Globalization;
using System.Text;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats;
using Millrace.Sql;

namespace Millrace.Sources;

/// <summary>Which quarantined rows of one load are settled, and how.</summary>
/// <param name="Source">The source.</param>
/// <param name="Checks">Its checks.</param>
/// <param name="Batch">The load that set the rows aside.</param>
/// <param name="Open">A SELECT of <c>entry, check_id, reason, source, line, row</c>: the rows.</param>
/// <param name="Drop">Why the rows are not wanted; null puts them through again.</param>
/// <param name="Folder">The project's folder, where a file may still tell its header.</param>
/// <param name="From">Set where the contract was mended: the rows that stand under the one before.</param>
public sealed record ReplaySpec(
    SourceDefinition Source, IReadOnlyList<Check> Checks, string Batch, string Open, string? Drop, string Folder, StandingRows? From = null);

/// <summary>The rows that stand under the contract before the mended one; they need not be fetched and read again.</summary>
/// <param name="Version">The version that holds them.</param>
/// <param name="Files">The files of the project folder that they were read from.</param>
/// <param name="Receipts">What of a place they were read from.</param>
public sealed record StandingRows(VersionRecord Version, IReadOnlyList<SourceFile> Files, IReadOnlyList<SourceReceipt> Receipts);

/// <summary>Puts quarantined rows through the contract and the checks again. Those that pass become rows of the table; the others stay as they are.</summary>
/// <param name="pool">Engines.</param>
/// <param name="home">Where tables lie.</param>
/// <param name="specs">What a task settles.</param>
public sealed class ReplayTask(SqlSessionPool pool, Home home, Func<TaskRecord, ReplaySpec> specs) : ITaskKind
{
    /// <summary>The word in plans and in the ledger.</summary>
    public const string Kind = "replay";

    private const string Entry = "_millrace_entry";

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public VersionRecord? FindCommitted(TaskRecord task) => WritePath.FindCommitted(home.TableFolder(task.Build), task);

    /// <inheritdoc/>
    public TaskOutcome Execute(TaskContext context, CancellationToken cancellationToken)
    {
        var spec = specs(context.Task);
        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        var connection = session.Connection;
        connection.Execute($"CREATE OR REPLACE TEMP TABLE _millrace_open AS SELECT * FROM ({spec.Open}){(spec.Drop is null ? " WHERE NOT starts_with(check_id, 'value(')" : "")}");
        connection.Execute($"CREATE OR REPLACE TEMP TABLE _millrace_fit AS {LoadTask.Empty(WithEntry(context.Asset.Schema))}");
        var scratch = Path.Combine(home.TempFolder, "replay-" + context.Task.Id.Replace('/', '+'));
        try
        {
            if (spec.Drop is null)
                Fit(connection, context, spec, scratch);
            return spec.From is { } from ? TakeOver(connection, context, spec, from) : Write(connection, context, spec);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private TaskOutcome Write(DuckConnection connection, TaskContext context, ReplaySpec spec)
    {
        var fitting = Count(connection, "SELECT count(*) FROM _millrace_fit");
        if (spec.Drop is null && fitting == 0)
            return new TaskOutcome.Unchanged("none of the rows fits yet");

        var (source, basis) = (spec.Source, context.Base!);
        var load = source.Place is null ? null : LoadOf(connection, context, source);
        return WritePath.Write(connection, new TableWrite
        {
            Context = context,
            Folder = home.TableFolder(context.Asset.Build),
            QuarantineFolder = home.QuarantineFolder(context.Asset.Key),
            Schema = context.Asset.Schema,
            Rows = $"SELECT * EXCLUDE ({Entry}) FROM _millrace_fit",
            Checks = [.. spec.Checks.Where(c => c.Effect != CheckEffect.Quarantine)],
            Placement = load is not null && source.Mode is LoadMode.Merge or LoadMode.Changes ? load!.Placement : new Placement.Batch(spec.Batch, new HashSet<string>()),
            TimeColumn = source.TimeColumn,
            Unit = source.Interval,
            Origin = fitting == 0 ? basis.Origin : Fingerprint.Of(basis.Origin.Text, context.Task.Id),
            Makers = new Dictionary<string, string>
            {
                [VersionRecord.ReplayMaker] = spec.Batch,
                [VersionRecord.FilesMaker] = basis.Makers.GetValueOrDefault(VersionRecord.FilesMaker) ?? basis.Origin.Text,
            },
            Marks = spec.Drop is { } why
                ? new QuarantineMarks(
                    Count(connection, "SELECT count(*) FROM _millrace_open"),
                    $"SELECT entry, '{Quarantine.Dropped}' AS mark, {SqlName.Text(why)} AS reason FROM _millrace_open")
                : new QuarantineMarks(fitting, $"SELECT {Entry} AS entry, '{Quarantine.Replayed}' AS mark, NULL::VARCHAR AS reason FROM _millrace_fit"),
            Asked = load is null ? null : new AskedWrite
            {
                Origin = basis.Origin,
                Receipts = [],
                State = (_, _) => basis.State?.DeepClone().AsObject() ?? [],
                Choose = load.Choose,
                NothingNew = "",
            },
        });
    }

    /// <summary>The first version under the mended contract: the rows that stand, and the quarantined ones that fit now. The others go aside anew.</summary>
    private TaskOutcome TakeOver(DuckConnection connection, TaskContext context, ReplaySpec spec, StandingRows from)
    {
        var (source, schema) = (spec.Source, context.Asset.Schema);
        var before = new LakeTable(home.TableFolder(from.Version.Id.Build)).Read(from.Version.Id.Number, from.Version.EntryHash).ToRelation();
        foreach (var column in schema.Columns)
        {
            var (name, old) = (SqlName.Quote(column.Name), before.Schema.Find(column.Name)!.Type);
            if (old == column.Type)
                continue;
            var other = Count(connection, $"SELECT count(*) FROM ({before.Sql}) WHERE TRY_CAST(TRY_CAST({name} AS {column.Type.Sql}) AS {old.Sql}) IS DISTINCT FROM {name}");
            if (other > 0)
            {
                throw new SourceException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{other} rows that stand have a value in '{column.Name}' that {column.Type} cannot hold as {old} did. Run instead: everything is loaded again under the changed contract."));
            }
        }

        // Where neither says which is newer, the row that stands comes later, and stays.
        var left = $"SELECT check_id, reason, source, line, \"row\" FROM _millrace_open WHERE entry NOT IN (SELECT {Entry} FROM _millrace_fit)";
        var rows = $"SELECT * EXCLUDE ({Entry}) FROM _millrace_fit UNION ALL BY NAME SELECT {string.Join(", ", schema.Names.Select(SqlName.Quote))} FROM ({before.Sql})";
        var load = source.Place is null ? null : LoadOf(connection, context, source);
        return WritePath.Write(connection, new TableWrite
        {
            Context = context,
            Folder = home.TableFolder(context.Asset.Build),
            QuarantineFolder = home.QuarantineFolder(context.Asset.Key),
            Schema = schema,
            Rows = rows,
            Checks = LoadTask.ChecksOf(source, spec.Checks),
            Unreadable = () => new UnreadableRows(Count(connection, $"SELECT count(*) FROM ({left})"), left),
            Placement = new Placement.Batch(context.Task.Id, new HashSet<string>()),
            TimeColumn = source.TimeColumn,
            Unit = source.Interval,
            Files = [.. from.Files.Select(f => f with { Batch = context.Task.Id })],
            Origin = Fingerprint.Of(from.Version.Origin.Text, context.Task.Id),
            Makers = new Dictionary<string, string>
            {
                [VersionRecord.ReplayMaker] = from.Version.Task,
                [VersionRecord.FilesMaker] = from.Version.Makers.GetValueOrDefault(VersionRecord.FilesMaker) ?? from.Version.Origin.Text,
            },
            Marks = new QuarantineMarks(
                Count(connection, "SELECT count(*) FROM _millrace_fit"), $"SELECT {Entry} AS entry, '{Quarantine.Replayed}' AS mark, NULL::VARCHAR AS reason FROM _millrace_fit"),
            Asked = load is null ? null : new AskedWrite
            {
                Origin = from.Version.Origin,
                Receipts = from.Receipts,
                State = (_, _) => from.Version.State?.DeepClone().AsObject() ?? [],
                Choose = source.Mode is LoadMode.Merge or LoadMode.Changes ? load.Choose : null,
                NothingNew = "",
            },
        });
    }

    /// <summary>A row that is put through again is no change of its own: it takes the place of an older one, and never that of a newer.</summary>
    private PlaceLoad LoadOf(DuckConnection connection, TaskContext context, SourceDefinition source) =>
        new(connection, context, source.Mode == LoadMode.Changes ? source with { Mode = LoadMode.Merge } : source, null, null, false, home.TableFolder(context.Asset.Build));

    /// <summary>Reads the rows under the contract as it is now, and keeps those that break no quarantining rule.</summary>
    private void Fit(DuckConnection connection, TaskContext context, ReplaySpec spec, string scratch)
    {
        Directory.CreateDirectory(scratch);
        spec = spec with { Source = spec.Source.Over(context.Asset.Schema) };
        var columns = string.Join(", ", WithEntry(context.Asset.Schema).Names.Select(SqlName.Quote));
        foreach (var (source, file) in Files(connection, spec, scratch))
        {
            var reader = new CsvFormat().Open(new ReadRequest { Source = source, Files = [file], Scratch = Path.Combine(scratch, "read"), Connection = connection });
            connection.Execute($"INSERT INTO _millrace_fit BY NAME SELECT {columns} FROM ({reader.FittingRows})");
        }

        foreach (var column in spec.Source.Columns.Where(c => c.IsRequired))
            connection.Execute($"DELETE FROM _millrace_fit WHERE {SqlName.Quote(column.Name)} IS NULL");
        var rules = spec.Checks.Where(c => c.Effect == CheckEffect.Quarantine).ToList();
        foreach (var rule in rules.OfType<RowCheck>())
            connection.Execute($"DELETE FROM _millrace_fit WHERE ({rule.BreaksSql}) IS TRUE");
        var basis = spec.From?.Version ?? context.Base!;
        var stands = new LakeTable(home.TableFolder(basis.Id.Build)).Read(basis.Id.Number, basis.EntryHash).ToRelation().Sql;
        foreach (var rule in rules.OfType<UniqueCheck>())
        {
            var fit = $"SELECT * EXCLUDE ({Entry}) FROM _millrace_fit";
            connection.Execute($"DELETE FROM _millrace_fit AS n WHERE {CheckScan.IsTwice(rule, $"{stands} UNION ALL BY NAME {fit}", fit)}");
        }
    }

    /// <summary>The raw records as files: values that were known by column, and lines that fell apart under the header of the file they came from.</summary>
    private static IEnumerable<(SourceDefinition Source, InputFile File)> Files(DuckConnection connection, ReplaySpec spec, string scratch)
    {
        var entry = new ContractColumn(Entry, DataType.String, false, null, null, 0);
        var tabs = spec.Source.Csv with { Delimiter = "\t", Quote = "\"", Escape = "\"", Header = true, NullText = "", Encoding = "utf-8", SkipLines = 0, Comment = null };
        var reading = spec.Source with { Place = null, Format = "csv", Columns = [.. spec.Source.Columns, entry], Contract = new LoadContract(ContractMode.Ignore), Csv = tabs };

        // What a check set aside was read already, and is written as the engine writes values; what the contract set aside is as it stood there.
        var (raw, typed) = (new InputFile("raw.csv", Path.Combine(scratch, "raw.csv")), new InputFile("typed.csv", Path.Combine(scratch, "typed.csv")));
        if (Copy(connection, spec, raw.Path, "check_id = 'contract'") > 0)
            yield return (reading, raw);
        if (Copy(connection, spec, typed.Path, "check_id <> 'contract'") > 0)
            yield return (reading with { Csv = tabs with { DecimalSeparator = "." }, Columns = [.. reading.Columns.Select(c => c with { Format = null })] }, typed);
        foreach (var file in Lines(connection, spec, scratch))
            yield return (reading with { Csv = spec.Source.Csv with { Header = true, SkipLines = 0, Comment = null, Encoding = "utf-8" } }, file);
    }

    private static long Copy(DuckConnection connection, ReplaySpec spec, string path, string where)
    {
        // A file's header may write a name in another case than the contract.
        var values = spec.Source.Columns.Select(c =>
            $"json_extract_string(\"row\", '$.\"' || list_filter(json_keys(\"row\"), lambda k: lower(k) = {SqlName.Text(c.Name.ToLowerInvariant())})[1] || '\"') AS {SqlName.Quote(c.Name)}");
        var rows = $"FROM _millrace_open WHERE {where} AND CASE WHEN json_valid(\"row\") THEN json_type(\"row\") = 'OBJECT' ELSE false END";
        var count = Count(connection, $"SELECT count(*) {rows}");
        if (count > 0)
        {
            connection.Execute(
                $"COPY (SELECT {string.Join(", ", values)}, entry AS {Entry} {rows}) TO {SqlName.Text(path)} (FORMAT csv, HEADER, DELIMITER '\t', QUOTE '\"', ESCAPE '\"', FORCE_QUOTE *)");
        }

        return count;
    }

    private static IEnumerable<InputFile> Lines(DuckConnection connection, ReplaySpec spec, string scratch)
    {
        if (KnownFormats.Find(spec.Source.Format) is not CsvFormat)
            yield break;
        using var lines = connection.Query(
            "SELECT source, entry, \"row\" FROM _millrace_open WHERE check_id = 'contract' AND CASE WHEN json_valid(\"row\") THEN json_type(\"row\") <> 'OBJECT' ELSE true END ORDER BY source, entry");
        foreach (var group in lines.Rows().Select(r => (File: r[0] as string ?? "", Entry: (string)r[1]!, Line: r[2] as string ?? "")).ToList().GroupBy(l => l.File))
        {
            var (csv, quote) = (spec.Source.Csv, spec.Source.Csv.Quote);
            var name = FormattableString.Invariant($"lines-{Directory.EnumerateFiles(scratch).Count()}.csv");
            var text = new StringBuilder();
            text.AppendJoin(csv.Delimiter, Header(spec, group.Key, scratch).Prepend(Entry).Select(n => quote + n.Replace(quote.Length > 0 ? quote : "\0", csv.Escape + quote, StringComparison.Ordinal) + quote)).Append('\n');
            foreach (var line in group)
                text.Append(quote).Append(line.Entry).Append(quote).Append(csv.Delimiter).Append(line.Line.TrimEnd('\r', '\n')).Append('\n');
            File.WriteAllText(Path.Combine(scratch, name), text.ToString());
            yield return new InputFile(name, Path.Combine(scratch, name));
        }
    }

    /// <summary>The header of the file that a line came from, while the file is there; else the contract's columns in their order.</summary>
    private static IReadOnlyList<string> Header(ReplaySpec spec, string file, string scratch)
    {
        try
        {
            var input = new InputFile(file, Path.GetFullPath(Path.Combine(spec.Folder, file)));
            var plain = PlainText.Of(input, spec.Source.Csv.Encoding, Path.Combine(scratch, "header"), 0, CancellationToken.None);
            return CsvHeader.Read(plain, file, spec.Source with { Contract = new LoadContract(ContractMode.Ignore) });
        }
        catch (Exception e) when (e is SourceException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [.. spec.Source.Columns.Select(c => c.Name)];
        }
    }

    private static Schema WithEntry(Schema schema) => new([.. schema.Columns, new Column(Entry, DataType.String)]);

    private static long Count(DuckConnection connection, string sql)
    {
        using var count = connection.Query(sql);
        return Convert.ToInt64(count.Scalar(), CultureInfo.InvariantCulture);
    }
}
