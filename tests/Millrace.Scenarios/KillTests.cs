using System.Diagnostics;

namespace Millrace.Scenarios;

/// <summary>Kills a run at moments spread over all of its time. <c>MILLRACE_KILLS=200</c> asks for more than the 20 of every test run.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Seed = 20110101;
    private const int TriesOnSight = 20;

    private static readonly string[] Phases = ["load", "transform", "commit", "release"];

    [Fact]
    public void A_run_that_is_killed_at_any_moment_ends_after_a_restart_as_if_nothing_had_been()
    {
        var wanted = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_KILLS") ?? "20", CultureInfo.InvariantCulture);
        using var start = Workshop.OfSample();
        BadMonthTests.ArriveBad(start);
        var (expected, length) = Undisturbed(start);
        var chance = new Random(Seed);
        var kills = new Dictionary<string, int> { ["before the first task"] = 0 };
        foreach (var phase in Phases)
            kills[phase] = 0;

        // One in five is kept for phases that the even spread misses: a release takes milliseconds.
        var spread = wanted - Math.Max(wanted / 5, Phases.Length);
        for (var i = 0; i < spread; i++)
        {
            string? phase = null;
            for (var late = 0; phase is null; late++)
            {
                Assert.True(late < 50, "The run ended before it could be killed, 50 times in a row.");
                var moment = length * ((i + chance.NextDouble()) / spread) * Math.Pow(0.9, late);
                phase = KillAndCompare(start, expected, p => p.Let(moment));
            }

            kills[phase]++;
        }

        for (var i = spread; i < wanted; i++)
        {
            var rarest = Phases.MinBy(p => kills[p])!;
            string? phase = null;
            for (var tries = 0; tries < TriesOnSight && phase != rarest; tries++)
            {
                phase = KillAndCompare(start, expected, p => p.WaitFor(m => PhaseOf(m) == rarest));
                if (phase is not null)
                    kills[phase]++;
            }
        }

        var tally = $"killed after {string.Join(", ", kills.Select(k => $"{k.Key}: {k.Value}"))}; an undisturbed run takes {length.TotalSeconds:0.00} s";
        output.WriteLine(tally);
        TestContext.Current.SendDiagnosticMessage(tally);
        Assert.All(Phases, p => Assert.True(kills[p] > 0, tally));
    }

    /// <summary>What the run leaves when nobody disturbs it, and how long it takes: the median of three.</summary>
    private static (string Expected, TimeSpan Length) Undisturbed(Workshop start)
    {
        var lengths = new List<TimeSpan>();
        var expected = "";
        for (var i = 0; i < 3; i++)
        {
            using var bikes = start.Again();
            var timer = Stopwatch.StartNew();
            bikes.Run();
            lengths.Add(timer.Elapsed);
            expected = StateOf(bikes);
        }

        return (expected, lengths.Order().ElementAt(1));
    }

    /// <returns>The phase in which the run died; null when it ended before.</returns>
    private static string? KillAndCompare(Workshop start, string expected, Action<RunningProgram> wait)
    {
        using var bikes = start.Again();
        Answer killed;
        using (var program = bikes.Start("run"))
        {
            wait(program);
            program.Kill();
            killed = program.End();
        }

        if (killed.ExitCode == 0)
            return null;
        killed.Exits(Answer.Killed);
        bikes.Run();
        var phase = killed.Moments.Select(PhaseOf).LastOrDefault(p => p is not null) ?? "before the first task";
        Assert.True(expected == StateOf(bikes), $"Killed in {phase} after {killed.Moments.LastOrDefault()}, it ended as\n{StateOf(bikes)}\nand not as\n{expected}");
        bikes.Ask("doctor").Exits(0);
        return phase;
    }

    private static string StateOf(Workshop bikes) => bikes.Contents() + "\n" + bikes.Pointers();

    /// <summary>The phase that a moment begins or lies in; null where nothing is written.</summary>
    private static string? PhaseOf(Moment moment) => (moment.Phase, moment.Asset?.Split(' ')[0]) switch
    {
        ("staging" or "sorting rows" or "checking", "source") => "load",
        ("staging" or "checking", _) => "transform",
        ("committing" or "committed", _) => "commit",
        ("releasing" or "released", _) => "release",
        _ => null,
    };
}
