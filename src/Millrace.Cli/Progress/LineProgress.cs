using System.Globalization;
using Millrace.Runs;

namespace Millrace.Cli.Progress;

/// <summary>One line for each change of phase, such as <c>rides: staging</c>: for logs and pipes.</summary>
internal sealed class LineProgress(TextWriter to) : RunProgress
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _last = [];

    public override void Observe(RunMoment moment)
    {
        // What was decided about each asset stands in the summary; here it would bury the work.
        if (moment.Phase == "decided")
            return;
        var subject = moment.Asset?.Title ?? "run";
        // A training tells often how far it is; a log wants ten lines of it.
        var done = moment.Phase == "training" ? Math.Floor((moment.Share ?? 0) * 10) / 10 : moment.Share;
        var share = done is > 0 and < 1 ? string.Create(CultureInfo.InvariantCulture, $" ({done * 100:0} %)") : "";
        var text = moment.Note?.Split('\n')[0].TrimEnd();
        var note = text is null ? "" : moment.Phase is "blocked" or "refused" or "failed" ? $": {text}" : $" ({text})";
        var line = $"{subject}: {moment.Phase}{share}{note}";
        lock (_gate)
        {
            if (_last.GetValueOrDefault(subject) == line)
                return;
            _last[subject] = line;
            to.WriteLine(line);
        }
    }

    public override void Wait(string owner) => to.WriteLine($"Waiting for {owner}, which holds this project's state.");
}
