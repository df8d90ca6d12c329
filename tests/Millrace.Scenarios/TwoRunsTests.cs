using System.Runtime.InteropServices;

namespace Millrace.Scenarios;

public sealed partial class TwoRunsTests
{
    private const int Stop = 19;
    private const int Continue = 18;

    [Fact]
    public void A_second_run_waits_names_the_process_it_waits_for_and_does_nothing_twice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Stops a process with a Linux signal.");
        using var bikes = Workshop.OfSample();
        using var first = bikes.Start("run", "--json");
        Assert.True(first.WaitFor(m => m.Phase == "staging"));
        Assert.Equal(0, Signal(first.Id, Stop));

        using var second = bikes.Start("run", "--json");
        Assert.True(second.WaitFor(m => m.Phase == "waiting" && m.Note == $"process {first.Id} (run)"));
        Assert.Equal(0, Signal(first.Id, Continue));

        Assert.Equal("rides computed, hourly computed, hourly_features computed", first.End().Exits(0).Outcomes());
        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", second.End().Exits(0).Outcomes());
        Assert.Single(bikes.Ask("releases", "--json").Exits(0).Json.AsArray());
    }

    [Fact]
    public void An_owner_that_dies_is_replaced_at_once_by_the_run_that_waits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Stops a process with a Linux signal.");
        using var bikes = Workshop.OfSample();
        using var first = bikes.Start("run");
        Assert.True(first.WaitFor(m => m.Phase == "staging"));
        Assert.Equal(0, Signal(first.Id, Stop));
        using var second = bikes.Start("run", "--json");
        Assert.True(second.WaitFor(m => m.Phase == "waiting"));

        first.Kill();

        Assert.Equal(8760, (int)second.End().Exits(0).Asset("hourly")["rows"]!["total"]!);
        first.End().Exits(Answer.Killed);
    }

    [Fact]
    public void An_owner_that_died_before_is_not_waited_for()
    {
        using var bikes = Workshop.OfSample();
        bikes.DieAt("lake.staged");
        Assert.True(File.Exists(Path.Combine(bikes.Home, "owner.json")));

        var run = bikes.Run();

        Assert.DoesNotContain(run.Moments, m => m.Phase == "waiting");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
