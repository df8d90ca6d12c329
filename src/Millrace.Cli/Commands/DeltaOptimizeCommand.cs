using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Lake;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace delta optimize</c>.</summary>
internal sealed class DeltaOptimizeCommand : CliCommand
{
    private readonly Argument<string?> _path = Word.Required("PATH", "The table's folder, which holds _delta_log.");
    private readonly Option<string?> _by = Word.Text("--cluster-by", "COLUMNS",
        "Up to four columns by which rows are put next to their like, such as day,shop.");
    private readonly Option<long?> _size = Word.Number("--target-mb", "Files are packed up to this size. Default: 128.", 1);
    private readonly Option<string?> _where = Word.Text("--where", "CONDITION", "Only files that may hold a row for which this is true.");

    public DeltaOptimizeCommand() : base("delta optimize", "Pack the small files of any Delta table on disk.") =>
        Takes(_path, _by, _size, _where);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace delta optimize /data/orders", "few files instead of many, the same rows"),
        ("millrace delta optimize /data/orders --cluster-by customer,day", "rows in an order in which conditions on either open few files"),
    ];

    public override int Execute(Invocation call)
    {
        var folder = Path.GetFullPath(call.Get(_path)!, call.Terminal.WorkingFolder);
        var options = new OptimizeOptions
        {
            TargetFileBytes = (call.Get(_size) ?? 128) << 20,
            ClusterBy = call.Get(_by)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Where = call.Get(_where),
        };
        var result = Engine.OptimizeDelta(folder, options, call.Terminal.Clock.GetUtcNow());
        var metrics = result?.CommitInfo["operationMetrics"];
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["version"] = result?.Version, ["metrics"] = metrics?.DeepClone() });
        else
            call.Out.WriteLine(result is null
                ? "Every file lies well already. Nothing was written."
                : $"Version {Human.Number(result.Version)}: {metrics!["numRemovedFiles"]} files became {metrics["numAddedFiles"]}. No "
                    + $"row changed.");
        return ExitCode.Done;
    }
}
