namespace Millrace.Scenarios;

public sealed class HomeTests
{
    [Fact]
    public void A_home_that_was_copied_elsewhere_runs_on_without_computing_again()
    {
        using var bikes = Workshop.AfterFirstRun();
        var elsewhere = Path.Combine(bikes.Folder, "elsewhere");
        Workshop.Copy(bikes.Home, elsewhere, withState: true);
        Directory.Delete(bikes.Home, recursive: true);

        var run = bikes.Ask("run", "--home", elsewhere, "--json").Exits(0);

        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", run.Outcomes());
        bikes.Arrive("2012-01");
        Assert.Equal(31, (int)bikes.Ask("run", "--home", elsewhere, "--json").Exits(0).Asset("hourly")["intervals"]!);
        Assert.False(Directory.Exists(bikes.Home));
    }

    [Fact]
    public void A_project_that_was_moved_with_its_home_runs_on_without_computing_again()
    {
        using var bikes = Workshop.AfterFirstRun();
        var moved = Path.Combine(bikes.Folder, "moved");
        Directory.Move(bikes.Project, moved);

        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", bikes.AskIn(bikes.Folder, "run", "moved", "--json").Exits(0).Outcomes());
        Assert.Equal("1243103", bikes.AskIn(bikes.Folder, "query", "SELECT sum(rides) FROM hourly", "--project", "moved").Exits(0).Out.Split('\n')[1]);
        bikes.AskIn(moved, "doctor").Exits(0);
    }
}
