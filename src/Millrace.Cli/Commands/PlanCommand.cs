using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace plan</c>.</summary>
internal sealed class PlanCommand : CliCommand
{
    private readonly Option<string?> _select = Word.Select();
    private readonly Option<DateTimeOffset?> _asOf = Word.Moment(
        "--as-of", "Plan as if it were this moment, UTC: incremental tables stop there, and @as_of is it.");

    public PlanCommand() : base("plan", "Show what a run would do, and why. Nothing is computed.") => Takes(Project, _select, _asOf);

    public override Argument<string?> Project { get; } = Word.Project();

    public override bool NeedsSoundProject => true;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace plan", "what a run would do now"),
        ("millrace plan --env prod --json", "for a review; 'run --plan HASH' then applies exactly it"),
        ("millrace plan --select hourly+", "one table and all that stands on it"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var plan = engine.Plan(new RunRequest { Select = call.Get(_select), AsOf = call.Get(_asOf) });
        if (call.IsJson)
            JsonText.Write(call.Out, plan.ToJson());
        else
            PlanText.Write(call.Out, call.Paint, call.Terminal.Width, plan, call.SuggestRun);
        return ExitCode.Done;
    }
}
