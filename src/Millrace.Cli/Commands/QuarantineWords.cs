using System.CommandLine;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary>The words by which commands choose quarantined rows.</summary>
internal sealed class QuarantineWords
{
    public Argument<string?> Name { get; } = Word.Required("NAME", "A source or a table, such as rides or sales.orders.");

    public Option<string?> Run { get; } = Word.Text("--run", "RUN", "Only rows that this run set aside, such as run-12.");

    public Option<string?> Check { get; } = Word.Text("--check", "CHECK", "Only rows that this check set aside; contract for those that could not be read.");

    public Option<string?> Where { get; } = Word.Text("--where", "SQL", "Only rows for which this holds, over the columns of NAME__quarantine.");

    public QuarantineFilter Filter(Invocation call) => new(call.Get(Run), call.Get(Check), call.Get(Where));
}
