using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Lake;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace delta vacuum</c>.</summary>
internal sealed class DeltaVacuumCommand : CliCommand
{
    private readonly Argument<string?> _path = Word.Required("PATH", "The table's folder, which holds _delta_log.");
    private readonly Option<bool> _dryRun = Word.Flag("--dry-run", "Only tell what would go.");
    private readonly Option<long?> _retain = Word.Number("--retain",
        "Hours that a file stays after it left the table. Default: the table's own, or 168.", 0);
    private readonly Option<bool> _force = Word.Flag("--force",
        "Allow a shorter time than the table's own: readers and writers at work may lose files.");

    public DeltaVacuumCommand() : base("delta vacuum", "Delete files of any Delta table on disk that left it long ago.") =>
        Takes(_path, _dryRun, _retain, _force);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace delta vacuum /data/orders --dry-run", "what would go"),
    ];

    public override int Execute(Invocation call)
    {
        var folder = Path.GetFullPath(call.Get(_path)!, call.Terminal.WorkingFolder);
        var isDryRun = call.Get(_dryRun);
        var report = Engine.VacuumDelta(folder, new VacuumOptions
        {
            Now = call.Terminal.Clock.GetUtcNow(),
            Retention = call.Get(_retain) is { } hours ? TimeSpan.FromHours(hours) : null,
            AllowsShort = call.Get(_force),
            IsDryRun = isDryRun,
        });
        if (call.IsJson)
        {
            JsonText.Write(call.Out, new JsonObject
            {
                ["dry_run"] = isDryRun, ["files"] = JsonText.Array(report.Files, f => JsonValue.Create(f)), ["bytes"] = report.Bytes,
                    ["orphans"] = report.Orphans,
            });
            return ExitCode.Done;
        }

        call.Out.WriteLine(report.Files.Count == 0
            ? "Nothing to delete."
            : $"{Human.Count(report.Files.Count, "file")} {(isDryRun ? "would be deleted" : "deleted")}, {Human.Bytes(report.Bytes)}; "
                + $"{Human.Number(report.Orphans)} of them belonged to no version.");
        foreach (var file in isDryRun ? report.Files : [])
            call.Out.WriteLine($"  {file}");
        return ExitCode.Done;
    }
}
