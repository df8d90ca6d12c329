using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Runs;

namespace Millrace.Tests.Cli;

public sealed class ProgressTests
{
    private static readonly RunMoment[] Moments =
    [
        new(null, "started", null, "run-7-4f2a91c0"),
        new(Sketch.Key("rides"), "decided", null, "1 new file"),
        new(Sketch.Key("rides"), "staging", null, null),
        new(Sketch.Key("rides"), "staging", null, null),
        new(Sketch.Key("rides"), "committed", 0.5, null),
        new(Sketch.Key("rides"), "committed", 1, null),
        new(Sketch.Key("hourly"), "blocked", null, "check 'unique' found 2 rows\nfor example 1"),
        new(null, "released", null, "3"),
    ];

    [Fact]
    public void A_pipe_gets_one_line_for_each_change_of_phase() => Assert.Equal(
        Written.Page("""
            run: started (run-7-4f2a91c0)
            rides: staging
            rides: committed (50 %)
            rides: committed
            hourly: blocked: check 'unique' found 2 rows
            run: released (3)
            """),
        Lines(null));

    [Fact]
    public void Programs_get_every_moment_as_a_line_of_json() => Assert.Equal(
        Written.Page("""
            {"asset":null,"phase":"started","share":null,"note":"run-7-4f2a91c0"}
            {"asset":"source rides","phase":"decided","share":null,"note":"1 new file"}
            {"asset":"source rides","phase":"staging","share":null,"note":null}
            {"asset":"source rides","phase":"staging","share":null,"note":null}
            {"asset":"source rides","phase":"committed","share":0.5,"note":null}
            {"asset":"source rides","phase":"committed","share":1,"note":null}
            {"asset":"table hourly","phase":"blocked","share":null,"note":"check 'unique' found 2 rows\nfor example 1"}
            {"asset":null,"phase":"released","share":null,"note":"3"}
            """),
        Lines("json"));

    private static string Lines(string? wish) => Written.By(to =>
    {
        var terminal = new Terminal
        {
            Out = TextWriter.Null, Error = to, WorkingFolder = "/", Variable = name => name == "MILLRACE_PROGRESS" ? wish : null,
        };
        using var progress = RunProgress.For(terminal);
        foreach (var moment in Moments)
            progress.Observe(moment);
    });
}
