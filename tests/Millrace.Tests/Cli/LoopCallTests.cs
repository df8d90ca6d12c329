using Millrace.Cli;

namespace Millrace.Tests.Cli;

/// <summary>Ticks of automation when life is not in the order of the guide.</summary>
public sealed class LoopCallTests : IDisposable
{
    private readonly ModelProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task A_request_waits_for_newer_rows_and_is_answered_when_they_come()
    {
        _project.Done("run");
        await _project.PredictAsync(900, 1080, warmer: 6);

        // The drift is seen before there is a row that the champion did not learn from.
        Assert.Contains("waits for newer rows: the one in force was trained on those that stand", _project.Done("run", "--due"), StringComparison.Ordinal);
        Assert.Contains("waits for newer rows", _project.Done("run", "--due"), StringComparison.Ordinal);
        Assert.DoesNotContain("visits@2", _project.Done("model", "list"), StringComparison.Ordinal);

        _project.Rows("2025-june.csv", 900, 1080, warmer: 6, busier: 12);
        Assert.Contains("trained visits@2", _project.Call("run", "--due").Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_that_are_corrected_are_measured_again()
    {
        _project.Done("run");
        await _project.PredictAsync(900, 1080, warmer: 0);
        _project.Rows("2025-june.csv", 900, 1080, warmer: 0, busier: 0);
        _project.Done("run");
        var before = Mae();
        _project.Rows("2025-june.csv", 900, 1080, warmer: 0, busier: 3);
        _project.Done("run");
        Assert.NotEqual(before, Mae());
    }

    [Fact]
    public async Task A_changed_rule_judges_the_windows_again()
    {
        _project.Done("run");
        await _project.PredictAsync(900, 1080, warmer: 0);
        _project.Rows("2025-june.csv", 900, 1080, warmer: 0, busier: 3);
        _project.Done("run");
        Assert.Equal("n\n1\n", Worse());
        var file = Path.Combine(_project.Project.Folder, "endpoints", "visits.yaml");
        File.WriteAllText(file, File.ReadAllText(file).Replace("worse_by: 0.25", "worse_by: 1000", StringComparison.Ordinal));
        _project.Done("run");
        Assert.Equal("n\n0\n", Worse());
    }

    [Fact]
    public void A_file_that_someone_is_writing_keeps_nobody_from_looking_or_going_back()
    {
        _project.Done("run");
        _project.Rows("2025-june.csv", 900, 1080, warmer: 0, busier: 0);
        _project.Done("run");
        _project.Project.Write("models/half.yaml", "foo: bar\n");

        Assert.Equal(ExitCode.Wrong, _project.Call("plan").ExitCode);
        foreach (var words in (string[][])[["status"], ["releases"], ["doctor"], ["model", "show", "visits"], ["monitor", "show"], ["verify", "visits@1"], ["run", "--due"], ["rollback"], ["resume"]])
        {
            var (code, _, error) = _project.Call(words);
            Assert.True(code == ExitCode.Done, string.Join(' ', words) + error);
        }

        Assert.Contains("The project has", _project.Call("status").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_model_file_is_found_and_mended_by_its_rebuild()
    {
        _project.Done("run");
        foreach (var file in Directory.GetFiles(Path.Combine(_project.Project.Folder, ".millrace", "artifacts"), "*", SearchOption.AllDirectories).Where(f => File.ReadAllBytes(f)[0] != '{'))
            File.WriteAllBytes(file, [.. File.ReadAllBytes(file).Select((b, i) => i == 40 ? (byte)~b : b)]);
        Assert.NotEqual(ExitCode.Done, _project.Call("doctor").ExitCode);
        Assert.Contains("is mended", _project.Done("verify", "visits@1"), StringComparison.Ordinal);
        _project.Done("doctor");
    }

    [Fact]
    public void A_damaged_manifest_keeps_nobody_from_the_other_versions()
    {
        _project.Done("run");
        var first = Directory.GetFiles(Path.Combine(_project.Project.Folder, ".millrace", "artifacts"), "*", SearchOption.AllDirectories).Single(f => File.ReadAllBytes(f)[0] == '{');
        _project.Project.Write("models/visits.yaml", ModelProject.Definition + "\nexclude: [rain]\n");
        _project.Call("run");
        File.WriteAllText(first, "{}");
        Assert.Contains("visits@2", _project.Done("model", "show", "visits@2"), StringComparison.Ordinal);
        Assert.Contains("was changed", _project.Call("model", "show", "visits@1").Error, StringComparison.Ordinal);
        Assert.NotEqual(ExitCode.Done, _project.Call("doctor").ExitCode);
    }

    [Fact]
    public void Gates_that_have_changed_are_told_and_asked_when_someone_asks()
    {
        _project.Done("run");
        _project.Project.Write("models/visits.yaml", ModelProject.Definition + "\n  - {metric: mae, max: 0.001}\n");
        _project.Done("run");
        Assert.Contains("its gates have changed since it passed", _project.Done("status"), StringComparison.Ordinal);
        var (code, answer, _) = _project.Call("run", "--retrain", "visits");
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("refused", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tick_of_a_moment_that_has_not_come_is_refused() =>
        Assert.Contains("has not come yet", Refused("run", "--due", "--as-of", "2099-01-01"), StringComparison.Ordinal);

    [Fact]
    public void Every_mistake_of_models_and_endpoints_is_told_at_once_with_its_line()
    {
        _project.Project.Write("models/wrong.yaml", "task: regression\ndata: visitz\nlabel: visits\nkey: at\ntrainer: gbtd\ngates:\n  - {metric: mea, max: 1}\n");
        _project.Project.Write("endpoints/wrong.yaml", """
            model: visits
            labels: {table: visits, label: visits, key: at, matches: hour}
            monitor: {window: fortnight, min_rows: 0}
            retrain: {on: [drift], schedule: "61 * * * *", time_zone: Nowhere/City}
            """);
        var error = _project.Call("plan").Error;
        foreach (var said in (string[])["models/wrong.yaml:2", "models/wrong.yaml:5", "models/wrong.yaml:7", "'matches' is 'hour'", "'window' is 'fortnight'", "'min_rows' is 0", "Minutes: 61 is not between 0 and 59", "'Nowhere/City' is no time zone"])
            Assert.Contains(said, error, StringComparison.Ordinal);
    }

    private string Worse() => _project.Done("query", """
        SELECT count(*) AS n FROM (SELECT * FROM visits__performance QUALIFY measured_at = max(measured_at) OVER (PARTITION BY window_start)) WHERE is_worse
        """);

    private string Refused(params string[] words)
    {
        _project.Done("run");
        var (code, answer, error) = _project.Call(words);
        Assert.NotEqual(ExitCode.Done, code);
        return answer + error;
    }

    private string Mae() => _project.Done(
        "query", "SELECT arg_max(value, measured_at) AS mae FROM visits__performance WHERE metric = 'mae' AND window_start = TIMESTAMPTZ '2025-06-01 00:00:00+00'");
}
