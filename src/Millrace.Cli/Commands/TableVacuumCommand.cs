using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace table vacuum</c>.</summary>
internal sealed class TableVacuumCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source or a table, such as hourly or sales.orders.");
    private readonly Option<bool> _dryRun = Word.Flag("--dry-run", "Only tell what would go.");
    private readonly Option<long?> _retain = Word.Number("--retain",
        "Days that a file stays after nothing points at it. Default and least: 7.", 7);
    private readonly Option<long?> _releases = Word.Number(
        "--releases", "Only so many of the newest releases hold their versions, and those of the last days. Default: all.", 1);

    public TableVacuumCommand() : base("table vacuum", "Delete files of a table that nothing points at.") =>
        Takes(_name, _dryRun, _retain, _releases);

    public override string Details =>
        "Held are the versions of every release and environment, those that a model was trained on, the newest of each build, and all "
            + "of the last days. "
        + "What is deleted cannot be read any more: with --releases, an older release cannot be gone back to.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace table vacuum hourly --dry-run", "what would go, and who holds what stays"),
        ("millrace table vacuum hourly --releases 10", "keep what the last ten releases need"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open(waiting: owner => call.Terminal.Error.WriteLine($"Waiting for {owner}."));
        var retention = call.Get(_retain) is { } days ? TimeSpan.FromDays(days) : (TimeSpan?)null;
        var isDryRun = call.Get(_dryRun);
        using var interruption = new Interruption(call.Terminal);
        var views = engine.Vacuum(call.Get(_name)!, retention, call.Get(_releases), isDryRun, interruption.Token);
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(views, v => ToJson(v, isDryRun)));
        else
            Write(call, views, isDryRun);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, IReadOnlyList<VacuumView> views, bool isDryRun)
    {
        var files = views.Sum(v => v.Report.Files.Count);
        var verb = isDryRun ? "would be deleted" : "deleted";
        call.Out.WriteLine(files == 0
            ? "Nothing to delete."
            : $"{Human.Count(files, "file")} {verb}, {Human.Bytes(views.Sum(v => v.Report.Bytes))}; "
                + $"{Human.Number(views.Sum(v => v.Report.Orphans))} of them belonged to no version.");
        foreach (var view in views.Where(v => isDryRun && v.Report.Files.Count > 0))
        {
            foreach (var file in view.Report.Files)
                call.Out.WriteLine($"  {Path.GetRelativePath(call.Terminal.WorkingFolder, Path.Combine(view.Folder, file))}");
        }

        foreach (var holder in views.SelectMany(v => v.Report.Held).GroupBy(h => h.Pin.Holder))
            call.Out.WriteLine($"Held by {holder.Key}: {Human.Count(holder.Count(), "file")}, {Human.Bytes(holder.Sum(h => h.Bytes))}");
    }

    private static JsonObject ToJson(VacuumView view, bool isDryRun) => new()
    {
        ["fingerprint"] = view.Build.Fingerprint.Text,
        ["folder"] = view.Folder,
        ["dry_run"] = isDryRun,
        ["files"] = JsonText.Array(view.Report.Files, f => JsonValue.Create(f)),
        ["bytes"] = view.Report.Bytes,
        ["orphans"] = view.Report.Orphans,
        ["held"] = JsonText.Array(view.Report.Held, h => new JsonObject
        {
            ["path"] = h.Path, ["bytes"] = h.Bytes, ["version"] = h.Pin.Version, ["holder"] = h.Pin.Holder,
        }),
    };
}
