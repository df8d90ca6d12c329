using System.Text.Json.Nodes;
using Millrace.Cli;
using Millrace.Tests.Project;

namespace Millrace.Tests.Cli;

/// <summary>Calls of the program on a project with a model and an endpoint.</summary>
public sealed class ModelCallTests : IDisposable
{
    private readonly ModelProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void A_run_that_trains_tells_what_the_champion_proved() =>
        Compare("model-run.txt", _project.Done("plan"), _project.Done("run"), _project.Done("run"), _project.Done("run", "--retrain", "visits"), _project.Done("releases"));

    [Fact]
    public void A_version_shows_what_it_proved_and_what_made_it()
    {
        _project.Done("run");
        Compare(
            "model-show.txt", _project.Done("model", "list"), _project.Done("model", "show", "visits"), _project.Done("endpoint", "show", "visits"),
            _project.Done("monitor", "show"), _project.Done("status"), _project.Done("verify", "visits@1"));
    }

    [Fact]
    public async Task What_was_predicted_is_measured_and_asks_for_a_version_that_a_tick_trains()
    {
        _project.Done("run");
        await _project.PredictAsync(900, 1080, warmer: 6);
        _project.Rows("2025-june.csv", 900, 1080, warmer: 6, busier: 12);

        var measured = _project.Done("run");
        var asked = _project.Done("status");
        var tick = _project.Call("run", "--due");
        Compare(
            "model-loop.txt", measured, asked, _project.Done("monitor", "show", "visits"), _project.Done("monitor", "show", "--window", "2025-06-01"), tick.Out,
            _project.Call("run", "--due").Out, _project.Done("model", "list"), _project.Done("model", "compare", "visits@1", "visits@2"), _project.Done("endpoint", "show", "visits"));
        Assert.Equal("n\n180\n", _project.Done("query", "SELECT count(*) AS n FROM visits__predictions WHERE prediction > 0"));
        Assert.Equal("feature\nwarmth\n", _project.Done("query", "SELECT feature FROM visits__drift WHERE is_drifted AND feature <> 'prediction'"));
        Assert.Equal("labelled\n174\n", _project.Done("query", "SELECT labelled FROM visits__performance WHERE metric = 'mae'"));
        Assert.Contains("180 predictions, 4 measures of drift", _project.Done("doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_its_gates_refuse_is_told_apart_and_cannot_be_promoted()
    {
        _project.Done("run");
        _project.Project.Write("models/visits.yaml", ModelProject.Definition + "\n  - {metric: mae, max: 0.001}\nexclude: [rain]\n");
        var (code, answer, _) = _project.Call("run");

        Assert.Equal(ExitCode.Refused, code);
        Compare("model-refused.txt", answer, _project.Call("run").Out, _project.Done("model", "list"), _project.Call("model", "promote", "visits@2").Error);
    }

    [Fact]
    public void A_version_is_named_promoted_and_rolled_back()
    {
        _project.Done("run");
        Assert.Equal("visits@first is visits@1 now.\n", _project.Done("model", "label", "visits@1", "first"));
        _project.Rows("2025-june.csv", 900, 1200, warmer: 0, busier: 0);
        Assert.Contains("trained visits@2", _project.Done("run", "--retrain", "visits"), StringComparison.Ordinal);
        Compare(
            "model-promote.txt", _project.Done("model", "promote", "visits@first", "-m", "June was odd"), _project.Done("model", "list"), _project.Done("releases"),
            _project.Done("status"), _project.Done("rollback"), _project.Done("model", "list"), _project.Done("status"), _project.Done("resume", "visits"));
        Assert.Equal("visits has no label 'first' any more.\n", _project.Done("model", "label", "visits", "first", "--remove"));
        var (code, _, error) = _project.Call("model", "show", "visits@first");
        Assert.Equal((ExitCode.Wrong, "visits has no version 'first'. Its versions are: 1, 2; or champion.\n"), (code, error));
    }

    [Fact]
    public void Rows_of_a_file_get_their_answer_as_the_last_column()
    {
        _project.Done("run");
        const string Csv = "shop,warmth,rain,is_open\n01,5,2,true\n02,5,2,false\n";
        _project.Project.Write("new.csv", Csv);
        _project.Project.Write("new.json", """[{"shop":"01","warmth":5,"rain":2,"is_open":true},{"shop":"02","warmth":5,"rain":2,"is_open":false}]""");

        var csv = _project.Done("predict", "visits", "new.csv");
        Assert.StartsWith("shop,warmth,rain,is_open,prediction\n", csv, StringComparison.Ordinal);
        var json = JsonNode.Parse(_project.Done("predict", "visits@1", "new.json", "--json"))!.AsArray();
        Assert.InRange((double)json[0]!["prediction"]! - (double)json[1]!["prediction"]!, 4.5, 5.5);
        Assert.Equal(csv, _project.CallWith(Csv, "predict", "visits", "-").Out);
        Assert.Equal("2 rows with the answers of visits@1 written to answers.csv.\n", _project.Done("predict", "visits", "new.csv", "--output", "answers.csv"));
        Assert.Equal(csv, File.ReadAllText(Path.Combine(_project.Project.Folder, "answers.csv")));

        var (code, _, error) = _project.CallWith("warmth\n1\n", "predict", "visits", "-");
        Assert.Equal((ExitCode.Wrong, "The rows lack the features rain, is_open of visits. They have: warmth.\n"), (code, error));
    }

    [Fact]
    public void Every_answer_about_models_is_one_document()
    {
        _project.Done("run", "--json");
        string[] calls =
        [
            "model list", "model show visits", "model compare visits@1 visits", "endpoint show visits", "monitor show", "verify visits", "run --due", "status", "doctor",
            "model label visits@1 good",
        ];
        foreach (var words in calls)
            Assert.NotNull(JsonNode.Parse(_project.Done([.. words.Split(' '), "--json"])));
    }

    private void Compare(string file, params string[] pages) =>
        ExpectedText.Compare(Path.Combine("expected", file), _project.Page(string.Join("----\n", pages)));
}
