using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace releases</c>.</summary>
internal sealed class ReleasesCommand : CliCommand
{
    private readonly Option<long?> _take = Word.Number("--last", "How many. Default: 20.", 1);

    public ReleasesCommand() : base("releases", "List the releases of an environment, newest first.") => Takes(_take);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace releases", "the last 20"),
        ("millrace releases --last 100 --env dev", "more, of another environment"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var releases = engine.Releases((int)Math.Min(call.Get(_take) ?? 20, int.MaxValue));
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(releases, JsonText.Of));
        else if (releases.Count == 0)
            call.Out.WriteLine($"Nothing is released in '{engine.Environment}' yet. To do so: {call.SuggestRun("run")}");
        else
            Write(call.Out, call.Paint, call.Terminal.Width, releases, call.Terminal.Clock.GetUtcNow());
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, IReadOnlyList<ReleaseRecord> releases, DateTimeOffset now)
    {
        var table = new TextTable(new Heading("release", true), "when", "", "by", "what");
        foreach (var release in releases)
        {
            var by = release switch
            {
                { Kind: ReleaseKind.Rollback, Target: { } target } => new Cell($"rollback to {Human.Number(target)}", Tone.Warning),
                { Kind: ReleaseKind.Promotion } => new Cell("promotion", Tone.Warning),
                _ => new Cell(release.Run ?? "run"),
            };
            var what = Human.Join([.. release.Moves.Select(m => m.To is null ? $"{m.Asset.Title} removed" : ModelWords.TitleOf(m.To))]);
            table.Add(
                Human.Number(release.Id), Human.Moment(release.At), new Cell(Human.Ago(release.At, now), Tone.Quiet), by,
                release.Message is { } message ? $"{what}: {message}" : what);
        }

        table.Write(to, paint, width);
    }
}
