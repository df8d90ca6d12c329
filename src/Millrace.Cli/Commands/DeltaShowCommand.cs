using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Lake.Delta;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace delta show</c>.</summary>
internal sealed class DeltaShowCommand : CliCommand
{
    private readonly Argument<string?> _path = Word.Required("PATH", "The table's folder, which holds _delta_log.");
    private readonly Option<long?> _version = Word.Number("--version", "This version instead of the newest.", 0);
    private readonly Option<DateTimeOffset?> _timestamp = Word.Moment("--timestamp", "The newest version that was committed by then, UTC.");
    private readonly Option<bool> _files = Word.Flag("--files", "List the files too.");
    private readonly Option<long?> _commits = Word.Number("--commits", "Commits to list, the newest first; 0 for all. Default: 10.", 0);

    public DeltaShowCommand() : base("delta show", "Show any Delta table on disk: protocol, columns, properties, files, history.")
    {
        Takes(_path, _version, _timestamp, _files, _commits);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_version) is not null && result.GetResult(_timestamp) is not null)
                result.AddError("--version and --timestamp both choose a version. Give one of them.");
        });
    }

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace delta show /data/orders", "what it is and who wrote it last"),
        ("millrace delta show /data/orders --version 3 --files", "the files that made up a version"),
        ("millrace delta show /data/orders --commits 0 --json", "its whole history, for programs"),
    ];

    public override int Execute(Invocation call)
    {
        var folder = Path.GetFullPath(call.Get(_path)!, call.Terminal.WorkingFolder);
        var commits = (int)Math.Min(call.Get(_commits) ?? 10, int.MaxValue);
        var view = Engine.ShowDelta(folder, call.Get(_version), call.Get(_timestamp), commits);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view, call.Get(_files)));
        else
            Write(call, view, call.Get(_files));
        return ExitCode.Done;
    }

    private static void Write(Invocation call, DeltaView view, bool withFiles)
    {
        var (to, paint, table) = (call.Out, call.Paint, view.Table);
        to.WriteLine(paint.Of(Tone.Strong, table.Folder));
        to.WriteLine();
        var deleted = table.Files.Sum(f => (f.Rows - f.LiveRows) ?? 0);
        var facts = new List<(string Name, string? Value)>
        {
            ("version", Human.Number(table.Version) + (table.CommitTime == default ? "" : $" of {Human.Moment(table.CommitTime)}")),
            ("protocol", Protocol(table.Protocol)),
            ("rows", table.RowCount is { } rows ? Human.Number(rows) : "not known from the log"),
            ("deleted", deleted > 0 ? $"{Human.Count(deleted, "row")} by deletion vectors" : null),
            ("size", $"{Human.Bytes(table.Files.Sum(f => f.Size))} in {Human.Count(table.Files.Count, "file")}"),
            ("partitions", table.PartitionColumns.Count > 0 ? string.Join(", ", table.PartitionColumns) : null),
        };
        var known = facts.Where(f => f.Value is not null).ToList();
        foreach (var (name, value) in known)
            to.WriteLine($"{paint.Of(Tone.Quiet, name.PadRight(known.Max(f => f.Name.Length)))}  {value}");

        to.WriteLine();
        var columns = new TextTable("column", "type", "");
        foreach (var column in table.Schema.Columns)
            columns.Add(column.Name, column.Type.ToString()!, column.IsNullable ? "" : "not null");
        columns.Write(to, paint, call.Terminal.Width);
        if (table.Configuration.Count > 0)
        {
            to.WriteLine();
            var properties = new TextTable("property", "value");
            foreach (var (name, value) in table.Configuration.OrderBy(p => p.Key, StringComparer.Ordinal))
                properties.Add(name, value);
            properties.Write(to, paint, call.Terminal.Width);
        }

        if (withFiles)
            WriteFiles(call, table);
        WriteCommits(call, view.Commits);
    }

    private static void WriteFiles(Invocation call, Snapshot table)
    {
        call.Out.WriteLine();
        var files = new TextTable(new Heading("rows", true), new Heading("deleted", true), new Heading("size", true), "partition", "file");
        foreach (var file in table.Files)
        {
            files.Add(
                file.LiveRows is { } rows ? Human.Number(rows) : "",
                file.Rows - file.LiveRows is > 0 and var deleted ? Human.Number(deleted) : "",
                Human.Bytes(file.Size),
                string.Join(", ", file.PartitionValues.Select(p => $"{p.Key}={p.Value ?? "NULL"}")),
                file.Path);
        }

        files.Write(call.Out, call.Paint, call.Terminal.Width);
    }

    private static void WriteCommits(Invocation call, IReadOnlyList<CommitRecord> commits)
    {
        if (commits.Count == 0)
            return;
        call.Out.WriteLine();
        var table = new TextTable(new Heading("version", true), "committed", "operation", "engine", "metrics");
        foreach (var commit in commits)
        {
            table.Add(
                Human.Number(commit.Version), Human.Moment(commit.Time), commit.Operation, commit.CommitInfo["engineInfo"]?.ToString() ?? "",
                string.Join(", ", commit.Metrics.Where(m => m.Value is not "0" and not "").Select(m => $"{m.Key}={m.Value}")));
        }

        table.Write(call.Out, call.Paint, call.Terminal.Width);
    }

    private static string Protocol(TableProtocol protocol)
    {
        var features = protocol.ReaderFeatures.Union(protocol.WriterFeatures).Order(StringComparer.Ordinal).ToList();
        return $"reader {protocol.MinReader}, writer {protocol.MinWriter}{(features.Count > 0 ? $": {string.Join(", ", features)}" : "")}";
    }

    private static JsonObject ToJson(DeltaView view, bool withFiles)
    {
        var table = view.Table;
        var json = new JsonObject
        {
            ["path"] = table.Folder,
            ["version"] = table.Version,
            ["committed"] = table.CommitTime == default ? null : JsonText.Moment(table.CommitTime),
            ["protocol"] = new JsonObject
            {
                ["minReaderVersion"] = table.Protocol.MinReader,
                ["minWriterVersion"] = table.Protocol.MinWriter,
                ["readerFeatures"] = JsonText.Array(table.Protocol.ReaderFeatures, f => JsonValue.Create(f)),
                ["writerFeatures"] = JsonText.Array(table.Protocol.WriterFeatures, f => JsonValue.Create(f)),
            },
            ["rows"] = table.RowCount,
            ["bytes"] = table.Files.Sum(f => f.Size),
            ["fileCount"] = table.Files.Count,
            ["partitionColumns"] = JsonText.Array(table.PartitionColumns, c => JsonValue.Create(c)),
            ["properties"] = new JsonObject(table.Configuration.OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value))),
            ["columns"] = JsonText.Array(table.Schema.Columns, c => new JsonObject
            {
                ["name"] = c.Name, ["type"] = c.Type.ToString(), ["nullable"] = c.IsNullable,
            }),
            ["commits"] = JsonText.Array(view.Commits, c => new JsonObject
            {
                ["version"] = c.Version, ["committed"] = JsonText.Moment(c.Time), ["commitInfo"] = c.CommitInfo.DeepClone(),
            }),
        };
        if (withFiles)
            json["files"] = JsonText.Array(table.Files, ToJson);
        return json;
    }

    private static JsonObject ToJson(DataFile file) => new()
    {
        ["path"] = file.Path,
        ["bytes"] = file.Size,
        ["rows"] = file.LiveRows,
        ["deleted"] = file.Rows - file.LiveRows,
        ["partitionValues"] = new JsonObject(file.PartitionValues.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value))),
    };
}
