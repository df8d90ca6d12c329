namespace Millrace.Scenarios;

public sealed class InitTests
{
    [Fact]
    public void A_new_project_runs_and_each_command_that_is_suggested_on_the_way_works_as_it_is_written()
    {
        using var place = Workshop.OfSample();
        var init = place.AskIn(place.Folder, "init", "shop").Exits(0);

        var suggested = init.Out.Split('\n').Single(l => l.StartsWith("Run it: ", StringComparison.Ordinal))["Run it: ".Length..];
        Assert.Equal("millrace run shop", suggested);
        var run = place.AskIn(place.Folder, FirstRunTests.WordsOf(suggested)).Exits(0);
        Assert.Contains("Released as release 1 of 'prod': ", run.Out, StringComparison.Ordinal);

        var next = run.Out[run.Out.IndexOf("What to do next:", StringComparison.Ordinal)..].Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(next);
        foreach (var line in next)
            place.AskIn(place.Folder, FirstRunTests.WordsOf(line)).Exits(0);
        place.AskIn(place.Folder, "check", "--project", "shop").Exits(0);
        place.AskIn(place.Folder, "doctor", "--project", "shop").Exits(0);
        Assert.StartsWith("Everything stands.", place.AskIn(place.Folder, "run", "shop").Exits(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_around_the_sample_s_files_runs_too()
    {
        using var place = Workshop.OfSample();
        var file = Path.Combine(place.Project, "data", "2011-01.csv");

        var init = place.AskIn(place.Folder, "init", "mine", "--from", file, "--json").Exits(0);

        Assert.NotEmpty(init.Json["files"]!.AsArray());
        Assert.NotNull(place.AskIn(place.Folder, "run", "mine", "--json").Exits(0).Json["release"]);
    }
}
