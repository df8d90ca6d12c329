using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Assets;
using Millrace.Ledger;
using LedgerFile = Millrace.Ledger.Ledger;

namespace Millrace.Tests.Ledger;

/// <summary>What happened and what stands, in a real SQLite file.</summary>
public sealed class LedgerTests : IDisposable
{
    private static readonly AssetKey Orders = new(AssetKind.Source, "orders");
    private static readonly AssetKey Daily = new(AssetKind.Table, "daily");

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-ledger-").FullName;
    private readonly FakeClock _clock = new();
    private readonly LedgerFile _ledger;

    public LedgerTests() => _ledger = LedgerFile.Open(FilePath, _clock);

    private string FilePath => Path.Combine(_folder, "ledger.db");

    public void Dispose()
    {
        _ledger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Every_change_adds_an_event_that_carries_the_hash_of_the_one_before()
    {
        Commit(Orders, 0);
        Release([(Orders, 0)]);
        var events = _ledger.Events();
        Assert.Equal(["run.started", "version.committed", "run.started", "release.published"], events.Select(e => e.Kind));
        Assert.Equal([1, 2, 3, 4], events.Select(e => e.Sequence));
        Assert.Equal(events.Skip(1).Select(e => e.Previous), events.SkipLast(1).Select(e => e.Hash));
        Assert.Null(_ledger.FindBrokenLink());
        Assert.Equal(events.Skip(2), _ledger.Events(after: 2));
        Assert.Equal(events.Take(1), _ledger.Events(take: 1));
    }

    [Theory]
    [InlineData("update event set body = replace(body, 'prod', 'dev') where seq = 3", "Event 3 (run.started")]
    [InlineData("update event set subject = 'x' where seq = 4", "Event 4 (release.published, x)")]
    [InlineData("update event set at = '2020-01-01T00:00:00.000000Z' where seq = 2", "Event 2 (version.committed")]
    [InlineData("update event set kind = 'run.ended' where seq = 1", "Event 1 (run.ended")]
    [InlineData("delete from event where seq = 2", "Event 2 is missing")]
    [InlineData("delete from event where seq = 1", "Event 1 is missing")]
    [InlineData("update event set previous = hash where seq = 3", "Event 3 (run.started")]
    [InlineData("update event set seq = 9 where seq = 2", "Event 2 is missing")]
    public void A_changed_or_missing_line_is_found_and_named(string tampering, string names)
    {
        Commit(Orders, 0);
        Release([(Orders, 0)]);
        Sql(tampering);
        Assert.StartsWith(names, _ledger.FindBrokenLink());
    }

    [Fact]
    public void The_chain_holds_over_more_lines_than_one_page()
    {
        for (var i = 0; i < 1005; i++)
            _ledger.StartRun("prod", "plan", null);
        Assert.Null(_ledger.FindBrokenLink());
        Sql("delete from event where seq = 1001");
        Assert.StartsWith("Event 1001 is missing", _ledger.FindBrokenLink());
    }

    [Fact]
    public void The_clock_may_go_back_and_the_chain_stays_whole()
    {
        _ledger.StartRun("prod", "plan", null);
        _clock.Advance(TimeSpan.FromTicks(-10_000_001));
        _ledger.StartRun("prod", "plan", null);
        Assert.Null(_ledger.FindBrokenLink());
        Assert.Equal([1, 2], _ledger.Events().Select(e => e.Sequence));
    }

    [Fact]
    public void A_change_that_fails_leaves_neither_state_nor_event()
    {
        Commit(Orders, 0);
        var before = _ledger.Events().Count;
        Assert.Throws<InvalidDataException>(() => _ledger.CommitVersion(Version(Orders, 0, "another task")));
        Assert.Equal(before, _ledger.Events().Count);
        Assert.Null(_ledger.VersionOfTask("another task"));
        Assert.Null(_ledger.FindBrokenLink());
    }

    [Fact]
    public void A_file_of_a_newer_schema_is_refused_and_left_as_it_is()
    {
        Sql("insert into schema_version values (999)");
        _ledger.Dispose();
        var refused = Assert.Throws<InvalidDataException>(() => LedgerFile.Open(FilePath, _clock));
        Assert.Contains("999", refused.Message);
    }

    [Fact]
    public void A_file_opens_again_with_all_that_it_held()
    {
        var version = Commit(Orders, 0);
        _ledger.Dispose();
        using var again = LedgerFile.Open(FilePath, _clock);
        Assert.Equal(version.ToJson().ToJsonString(), again.Version(version.Id)!.ToJson().ToJsonString());
        Assert.Null(again.FindBrokenLink());
    }

    [Fact]
    public void Naming_a_version_twice_changes_nothing()
    {
        var version = Commit(Orders, 0);
        var events = _ledger.Events().Count;
        _ledger.CommitVersion(version);
        Assert.Equal(events, _ledger.Events().Count);
        Assert.Single(_ledger.Versions(version.Id.Build));
    }

    [Fact]
    public void A_version_comes_back_with_everything_that_it_was_given()
    {
        var version = Version(Daily, 3, "task") with
        {
            EntryHash = new string('a', 64), Committed = _clock.GetUtcNow(), Base = 2, Pending = IntervalSet.Parse("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"),
            Touched = IntervalSet.Empty, Inputs = [new AssetVersion(BuildOf(Orders), 7)], Rows = new RowCounts(10, 8, 2, 100),
            Files = [new SourceFile("data/a.csv", "hash", 12, "batch")], QuarantineVersion = 4, Milliseconds = 5,
            Checks = [new CheckRecord("not_null(day)", "block", false, 3, "seen")], Makers = new Dictionary<string, string> { ["duckdb"] = "1.0" },
        };
        _ledger.CommitVersion(version);
        var found = _ledger.Version(version.Id)!;
        Assert.Equal(version.ToJson().ToJsonString(), found.ToJson().ToJsonString());
        Assert.Equal((version.EntryHash, version.Committed, version.Id), (found.EntryHash, found.Committed, found.Id));
        Assert.Equal(4, _ledger.QuarantineVersion(Daily));
    }

    [Fact]
    public void Versions_come_in_the_order_in_which_they_were_named()
    {
        foreach (var number in new[] { 4, 2, 9 })
            Commit(Orders, number);
        Assert.Equal([4, 2, 9], _ledger.Versions(BuildOf(Orders)).Select(v => v.Id.Number));
        Assert.Empty(_ledger.Versions(new Build(Orders, Fingerprint.Of("other"))));
        Assert.Null(_ledger.Version(new AssetVersion(BuildOf(Orders), 3)));
    }

    [Fact]
    public void A_release_moves_all_pointers_at_once()
    {
        var release = Release([(Orders, 0), (Daily, 0)])!;
        Assert.Equal(1, release.Id);
        Assert.Equal([0, 0], _ledger.Pointers("prod").Values.Select(p => p.Version.Number));
        Assert.Empty(_ledger.Pointers("dev"));
        Assert.Equal(release.Id, _ledger.CurrentRelease("prod"));
        Assert.Null(_ledger.CurrentRelease("dev"));
        Assert.Equal(["prod"], _ledger.Environments());
    }

    [Fact]
    public void A_release_that_relied_on_a_moved_pointer_changes_nothing()
    {
        Release([(Orders, 0), (Daily, 0)]);
        var relied = _ledger.Pointers("prod").ToDictionary(p => p.Key, p => (Pointer?)p.Value);
        Release([(Orders, 1)]);
        var (pointers, events) = (_ledger.Pointers("prod"), _ledger.Events().Count);

        var run = _ledger.StartRun("prod", "plan", null);
        Assert.Null(_ledger.Release("prod", run.Id, relied, [new Move(Daily, relied[Daily], Pointer(Daily, 1))]));
        Assert.Equal(pointers, _ledger.Pointers("prod"));
        Assert.Equal(events + 1, _ledger.Events().Count);
        Assert.Equal(2, _ledger.Releases("prod").Count);
    }

    [Fact]
    public void Relying_on_the_absence_of_a_pointer_counts_too()
    {
        Release([(Orders, 0)]);
        Assert.Null(_ledger.Release("prod", "run", new Dictionary<AssetKey, Pointer?> { [Orders] = null }, [new Move(Daily, null, Pointer(Daily, 0))]));
        Assert.Null(_ledger.Release("prod", "run", new Dictionary<AssetKey, Pointer?> { [Daily] = Pointer(Daily, 5) }, [new Move(Daily, null, Pointer(Daily, 0))]));
        Assert.NotNull(_ledger.Release("prod", "run", new Dictionary<AssetKey, Pointer?> { [Daily] = null }, [new Move(Daily, null, Pointer(Daily, 0))]));
    }

    [Fact]
    public void Pointers_of_every_earlier_release_can_be_told()
    {
        // Random releases, removals and rollbacks, against a list that keeps every state.
        var random = new Random(7);
        AssetKey[] keys = [.. Enumerable.Range(0, 4).Select(i => new AssetKey(AssetKind.Table, $"t{i}"))];
        var states = new List<Dictionary<AssetKey, long>>();
        for (var step = 0; step < 40; step++)
        {
            if (step > 3 && random.Next(4) == 0)
            {
                _ledger.Rollback("prod", random.Next(1, states.Count + 1), [], null);
            }
            else
            {
                var standing = _ledger.Pointers("prod");
                var moves = keys.Where(_ => random.Next(2) == 0).Select(k => new Move(
                    k, standing.GetValueOrDefault(k), random.Next(4) == 0 && standing.ContainsKey(k) ? null : Pointer(k, step))).ToList();
                _ledger.Release("prod", "run", new Dictionary<AssetKey, Pointer?>(), moves);
            }

            _ledger.Release("dev", "run", new Dictionary<AssetKey, Pointer?>(), [new Move(keys[0], null, Pointer(keys[0], step))]);
            states.Add(_ledger.Pointers("prod").ToDictionary(p => p.Key, p => p.Value.Version.Number));
        }

        var ids = _ledger.Releases("prod", 1000).Select(r => r.Id).Reverse().ToList();
        Assert.Equal(states.Count, ids.Count);
        foreach (var (id, state) in ids.Zip(states))
            Assert.Equal(state.Order(Comparer<KeyValuePair<AssetKey, long>>.Create((a, b) => a.Key.CompareTo(b.Key))), Numbers(_ledger.PointersAt("prod", id)));
        Assert.Null(_ledger.FindBrokenLink());
    }

    [Fact]
    public void A_rollback_puts_pointers_back_and_remembers_what_it_rejects_until_that_is_lifted()
    {
        Release([(Orders, 0)]);
        Release([(Orders, 1), (Daily, 0)]);
        var release = _ledger.Rollback("prod", 1, [new Rejection(Orders, Rejection.Batch, "hash", 0), new Rejection(Daily, Rejection.Build, "build", 0)], "wrong rows");
        Assert.Equal((ReleaseKind.Rollback, 1L, "wrong rows"), (release.Kind, release.Target!.Value, release.Message!));
        Assert.Equal([0], _ledger.Pointers("prod").Values.Select(p => p.Version.Number));
        Assert.Equal([(Daily, 3L), (Orders, 3L)], _ledger.Rejections("prod").Select(r => (r.Asset, r.Release)).OrderBy(r => r.Asset));
        Assert.Empty(_ledger.Rejections("dev"));

        Assert.Equal(0, _ledger.Resume("dev", null));
        Assert.Equal(1, _ledger.Resume("prod", Daily));
        Assert.Equal([Orders], _ledger.Rejections("prod").Select(r => r.Asset));
        Assert.Equal(1, _ledger.Resume("prod", null));
        var events = _ledger.Events().Count;
        Assert.Equal(0, _ledger.Resume("prod", null));
        Assert.Equal(events, _ledger.Events().Count);
    }

    [Fact]
    public void Every_release_pins_what_it_points_at()
    {
        Release([(Orders, 0)]);
        Release([(Orders, 1), (Daily, 0)]);
        Assert.Equal(["release 1 source orders 0", "release 2 source orders 1", "release 2 table daily 0"], Column("select holder || ' ' || asset || ' ' || number from pin order by 1"));
    }

    [Fact]
    public void Fences_rise_with_every_attempt_and_a_run_closes_what_never_began()
    {
        var run = _ledger.StartRun("prod", "plan", _clock.GetUtcNow());
        _ledger.Queue([.. Enumerable.Range(1, 11).Select(i => Task(run, i))]);
        Assert.Equal(0, _ledger.Fence(run.Id + "/daily/1"));
        Assert.Equal(1, _ledger.StartAttempt(run.Id + "/daily/1"));
        _ledger.EndAttempt(run.Id + "/daily/1", 1, TaskState.Failed, "it broke", []);
        Assert.Equal(2, _ledger.StartAttempt(run.Id + "/daily/1"));
        _ledger.CommitVersion(Version(Daily, 0, run.Id + "/daily/1") with { Fence = 2 });
        _ledger.StartAttempt(run.Id + "/daily/2");
        _ledger.EndAttempt(run.Id + "/daily/2", 1, TaskState.Blocked, "a check said no", [new CheckRecord("c", "block", false, 1, "personal data")]);
        _ledger.EndRun(run.Id, RunState.Failed, null, "one was blocked");

        var tasks = _ledger.Tasks(run.Id);
        Assert.Equal(Enumerable.Range(1, 11).Select(i => $"{run.Id}/daily/{i}"), tasks.Select(t => t.Id));
        Assert.Equal([TaskState.Done, TaskState.Blocked, TaskState.Skipped], tasks.Take(3).Select(t => t.State));
        Assert.Equal(["failed", "done", "blocked"], Column("select state from attempt order by task, fence"));
        Assert.Empty(_ledger.OpenRuns());
        Assert.Equal((RunState.Failed, "one was blocked"), (_ledger.Runs()[0].State, _ledger.Runs()[0].Message!));
    }

    [Fact]
    public void No_note_and_no_message_reaches_the_events()
    {
        var run = _ledger.StartRun("prod", "plan", null);
        _ledger.Queue([Task(run, 1)]);
        _ledger.StartAttempt(run.Id + "/daily/1");
        _ledger.EndAttempt(run.Id + "/daily/1", 1, TaskState.Blocked, "for example Jane Doe", [new CheckRecord("not_null(name)", "block", false, 1, "Jane Doe")]);
        _ledger.CommitVersion(Version(Daily, 0, "other") with { Checks = [new CheckRecord("c", "warn", false, 1, "Jane Doe")], Files = [new SourceFile("Jane Doe.csv", "h", 1, "b")] });
        _ledger.EndRun(run.Id, RunState.Failed, null, "Jane Doe");
        Assert.DoesNotContain(_ledger.Events(), e => e.Body.Contains("Jane", StringComparison.Ordinal) || e.Subject.Contains("Jane", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_openings_of_one_file_write_one_chain()
    {
        using var other = LedgerFile.Open(FilePath, _clock);
        var threads = new[] { _ledger, other }.Select(l => new Thread(() =>
        {
            for (var i = 0; i < 30; i++)
                l.StartRun("prod", "plan", null);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Equal(60, _ledger.Events().Count);
        Assert.Equal(Enumerable.Range(1, 60).Select(i => (long)i), other.Runs(100).Select(r => r.Number).Reverse());
        Assert.Null(other.FindBrokenLink());
    }

    [Fact]
    public void A_new_file_may_be_opened_by_many_at_once()
    {
        var path = Path.Combine(_folder, "fresh.db");
        var failures = new System.Collections.Concurrent.ConcurrentBag<Exception>();
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            try
            {
                LedgerFile.Open(path, _clock).Dispose();
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Empty(failures);
    }

    private static Build BuildOf(AssetKey key) => new(key, Fingerprint.Of(key.ToString()));

    private static Pointer Pointer(AssetKey key, long number) => new(key, new AssetVersion(BuildOf(key), number), "definition");

    private static VersionRecord Version(AssetKey key, long number, string task) =>
        new() { Id = new AssetVersion(BuildOf(key), number), Task = task, Fence = 1, Origin = Fingerprint.Of("origin") };

    private static TaskRecord Task(RunRecord run, int i) => new(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{run.Id}/daily/{i}"), run.Id, 0, BuildOf(Daily), "table", IntervalSet.All, null, TaskState.Queued, null);

    private static IEnumerable<KeyValuePair<AssetKey, long>> Numbers(IReadOnlyDictionary<AssetKey, Pointer> pointers) =>
        pointers.Select(p => KeyValuePair.Create(p.Key, p.Value.Version.Number)).OrderBy(p => p.Key);

    private VersionRecord Commit(AssetKey key, long number)
    {
        var run = _ledger.StartRun("prod", "plan", null);
        var version = Version(key, number, run.Id + "/1");
        _ledger.CommitVersion(version);
        return version;
    }

    private ReleaseRecord? Release((AssetKey Key, long Number)[] moved)
    {
        var run = _ledger.StartRun("prod", "plan", null);
        var standing = _ledger.Pointers("prod");
        return _ledger.Release(
            "prod", run.Id, moved.ToDictionary(m => m.Key, m => standing.GetValueOrDefault(m.Key)),
            [.. moved.Select(m => new Move(m.Key, standing.GetValueOrDefault(m.Key), Pointer(m.Key, m.Number)))]);
    }

    private List<string> Column(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        return connection.Query<string>(sql).ToList();
    }

    private void Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        Assert.True(connection.Execute(sql) > 0);
    }
}
