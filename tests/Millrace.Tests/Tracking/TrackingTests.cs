using Millrace.Tracking;

namespace Millrace.Tests.Tracking;

/// <summary>What was tried, in a real SQLite file, and files by their hash.</summary>
public sealed class TrackingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-tracking-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_keeps_what_it_was_given_and_every_value_that_it_reported()
    {
        string id;
        using (var store = Open())
        {
            id = store.Start("demand", "demand@1", new Dictionary<string, string> { ["trees"] = "300" }, new Dictionary<string, string>());
            store.Log(id, [new MetricPoint("rmse", 1, 50), new MetricPoint("rmse", 2, 40), new MetricPoint("mae", 0, double.NaN)]);
            store.Log(id, [new MetricPoint("rmse", 2, 39)]);
            store.Log(id, new RunArtifact("model.onnx", "ab", 3));
            store.End(id, ExperimentRunStatus.Finished, null);
        }

        using var again = Open();
        var run = again.Find(id)!;
        Assert.Equal(("demand", "demand@1", ExperimentRunStatus.Finished), (run.Experiment, run.Name, run.Status));
        Assert.Equal("300", run.Params["trees"]);
        Assert.Equal((39.0, null), (run.Metrics["rmse"], run.Metrics["mae"]));
        Assert.Equal([new MetricPoint("rmse", 1, 50), new MetricPoint("rmse", 2, 39)], again.History(id, "rmse"));
        Assert.Equal([new RunArtifact("model.onnx", "ab", 3)], run.Artifacts);
    }

    [Fact]
    public void Runs_of_one_experiment_come_newest_first_and_others_stay_away()
    {
        using var store = Open();
        var first = store.Start("demand", "a", new Dictionary<string, string>(), new Dictionary<string, string>());
        store.Start("fraud", "b", new Dictionary<string, string>(), new Dictionary<string, string>());
        Assert.Equal([first], store.Runs("demand").Select(r => r.Id));
        Assert.Empty(store.Runs("nothing"));
    }

    [Fact]
    public void The_same_bytes_lie_once_and_are_what_was_put()
    {
        var store = new ArtifactStore(Path.Combine(_folder, "artifacts"));
        var hash = store.Put([1, 2, 3]);
        Assert.Equal("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", hash);
        Assert.Equal(hash, store.Put([1, 2, 3]));
        Assert.Equal([1, 2, 3], store.Read(hash));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "artifacts"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Bytes_that_were_changed_or_deleted_are_never_handed_out()
    {
        var store = new ArtifactStore(Path.Combine(_folder, "artifacts"));
        var hash = store.Put([1, 2, 3]);
        var file = Directory.GetFiles(Path.Combine(_folder, "artifacts"), "*", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(file, [1, 2, 4]);
        Assert.Contains("was changed", Assert.Throws<InvalidDataException>(() => store.Read(hash)).Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("is missing", Assert.Throws<InvalidDataException>(() => store.Read(hash)).Message, StringComparison.Ordinal);
    }

    private TrackingStore Open() => TrackingStore.Open(Path.Combine(_folder, "tracking.db"), new FakeClock());
}
