using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sources;
using Millrace.Sources.Connectors;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>What holds for every connector. A place has rows with an id, which counts up from 1, and a name.</summary>
public abstract class ConnectorTests : IDisposable
{
    protected const string Secret = "s3cret-of-the-place";

    private readonly SortedSet<long> _standing = [];
    private JsonObject? _state;
    private int _fetches;

    protected ConnectorTests()
    {
        Folder = Path.Combine(Path.GetTempPath(), "millrace-connector-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Folder);
    }

    /// <summary>A folder of this test's own, which stands for the project folder.</summary>
    protected string Folder { get; }

    protected List<string> Said { get; } = [];

    /// <summary>What the last load returned as its state.</summary>
    protected JsonObject? State => _state;

    /// <summary>Why the test cannot run here, or null.</summary>
    protected virtual string? Missing => null;

    /// <summary>The source's text, without its columns.</summary>
    protected abstract string Definition { get; }

    /// <summary>What messages call the place.</summary>
    protected abstract string Called { get; }

    /// <summary>True when a fetch lands new rows only.</summary>
    protected virtual bool LandsOnlyNewRows => true;

    /// <summary>A landing may keep 64 MB waiting for the disk.</summary>
    private const long HeapLimit = 112L << 20;

    /// <summary>Rows for the test of memory, and how long each is: more together than the heap may hold.</summary>
    protected virtual (int Count, int Bytes) Many => (200_000, 600);

    protected virtual string Columns => "columns: [{name: id, type: bigint}, {name: name, type: varchar}]";

    /// <summary>Puts rows into the place, and takes none away.</summary>
    protected abstract void Put(IEnumerable<(long Id, string Name)> rows);

    /// <summary>Makes the place go away in the middle of the next fetch; null when it cannot be done, and the definition to fetch with.</summary>
    protected abstract string? BreakOff();

    /// <summary>Makes the place whole again.</summary>
    protected abstract void Mend();

    /// <summary>A definition whose fetch never ends by itself; null where there is none.</summary>
    protected virtual string? Endless => null;

    [Fact]
    public void All_rows_come()
    {
        Skip();
        Put(Rows(1, 100));
        Assert.Equal(Ids(1, 100), Load());
    }

    [Fact]
    public void A_second_fetch_brings_nothing_new()
    {
        Skip();
        Put(Rows(1, 100));
        Load();
        Assert.Empty(Load());
        Assert.Equal(Ids(1, 100), [.. _standing]);
    }

    [Fact]
    public void A_fetch_after_new_rows_brings_exactly_these()
    {
        Skip();
        Put(Rows(1, 100));
        Load();
        Put(Rows(101, 50));
        Assert.Equal(Ids(101, 50), Load());
        Assert.Empty(Load());
        Put(Rows(151, 1));
        Assert.Equal(Ids(151, 1), Load());
        Assert.Equal(Ids(1, 151), [.. _standing]);
    }

    [Fact]
    public void A_place_that_goes_away_half_way_is_named_in_an_error_without_secrets_and_everything_comes_once_it_is_back()
    {
        Skip();
        Put(Rows(1, 5000));
        var broken = BreakOff();
        Assert.SkipWhen(broken is null, "The place cannot go away.");
        var error = Assert.Throws<SourceException>(() => Load(broken));
        Assert.Contains(Called, error.Message, StringComparison.Ordinal);
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
            Assert.DoesNotContain(Secret, cause is SourceException ? cause.Message : "", StringComparison.Ordinal);
        Assert.DoesNotContain(Said, s => s.Contains(Secret, StringComparison.Ordinal));
        Mend();
        Assert.Equal(Ids(1, 5000), Load());
    }

    [Fact]
    public void Many_rows_pass_through_a_heap_that_could_not_hold_them()
    {
        Skip();
        Put(Rows(1, Many.Count, new string('x', Many.Bytes)));

        // In a process of its own: what other tests keep in memory is theirs.
        File.WriteAllText(Path.Combine(Folder, "fetch.yaml"), TextOf(Definition));
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Millrace.Victim"), ["fetch", Folder])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["SECRET"] = Secret;
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit.ToString("x", CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var landed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode} (134: no memory was left).");
        Assert.True(long.Parse(landed, CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void A_fetch_that_was_cancelled_ends_as_cancelled()
    {
        Skip();
        Put(Rows(1, 10));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Fetch(Definition, null, cancelled.Token, out _));
        Assert.Equal(Ids(1, 10), Load());
    }

    [Fact]
    public void A_fetch_that_would_never_end_can_be_cancelled()
    {
        Skip();
        Put(Rows(1, 10));
        var endless = Endless;
        Assert.SkipWhen(endless is null, "Every fetch of this place ends.");
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => Fetch(endless!, null, cancel.Token, out _));
    }

    [Fact]
    public void What_was_read_is_written_down()
    {
        Skip();
        Put(Rows(1, 10));
        var landing = Fetch(Definition, null, TestContext.Current.CancellationToken, out var result);
        Assert.NotEmpty(result.Receipts);
        Assert.Equal(landing.Files.Select(f => f.Name), result.Receipts.SelectMany(r => r.Landed));
        Assert.All(result.Receipts, r => Assert.DoesNotContain(Secret, r.ToString() + string.Join(' ', r.Details.Values), StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, result.State?.ToJsonString() ?? "", StringComparison.Ordinal);
        (result.Acknowledge ?? (() => { })).Invoke();
    }

    public virtual void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal static IEnumerable<(long Id, string Name)> Rows(long first, int count, string more = "") =>
        Enumerable.Range(0, count).Select(i => (first + i, string.Create(CultureInfo.InvariantCulture, $"row {first + i}{more}")));

    protected static List<long> Ids(long first, int count) => [.. Enumerable.Range(0, count).Select(i => first + i)];

    protected void Skip() => Assert.SkipWhen(Missing is not null, Missing ?? "");

    /// <summary>Fetches what is new and takes it in as a load does.</summary>
    /// <returns>The ids that did not stand before, in order.</returns>
    protected List<long> Load(string? definition = null)
    {
        var landing = Fetch(definition ?? Definition, _state, TestContext.Current.CancellationToken, out var result);
        var ids = landing.Files.SelectMany(ReadIds).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var added = ids.Where(i => !_standing.Contains(i)).Order().ToList();
        if (LandsOnlyNewRows && !result.IsWhole)
            Assert.Equal(added.Count, ids.Count);
        if (result.IsWhole)
            _standing.Clear();
        _standing.UnionWith(ids);
        if (ids.Count > 0 || result.IsWhole)
            _state = result.State;
        result.Acknowledge?.Invoke();
        return added;
    }

    internal Landing Fetch(string definition, JsonObject? state, CancellationToken cancellationToken, out FetchResult result)
    {
        var source = Source(definition);
        var landing = new Landing(Path.Combine(Folder, "landing", (++_fetches).ToString(CultureInfo.InvariantCulture)));
        var last = _standing.Count == 0 ? null : _standing.Max.ToString(CultureInfo.InvariantCulture);
        result = source.Place!.Fetch(
            new FetchRequest
            {
                Source = source, Landing = landing, State = state, Range = source.Cursor is null ? null : new CursorRange(last, false, null),
                ProjectFolder = Folder, Secrets = new Secrets(Folder, name => name == "SECRET" ? Secret : null), Time = TimeProvider.System, HomeFolder = Path.Combine(Folder, "home"),
                Said = text =>
                {
                    lock (Said)
                        Said.Add(text);
                },
            },
            cancellationToken);
        return landing;
    }

    internal SourceDefinition Source(string definition)
    {
        var problems = new List<Problem>();
        var text = TextOf(definition);
        var source = SourceDefinitionReader.Read("sources/rows.yaml", text, problems);
        Assert.True(problems.Count == 0, string.Join("\n", problems) + "\n" + text);
        return source!;
    }

    private string TextOf(string definition) =>
        (definition.TrimEnd() + (definition.Contains("columns:", StringComparison.Ordinal) ? "\n" : "\n" + Columns + "\n")).ReplaceLineEndings("\n");

    private static IEnumerable<long> ReadIds(LandedFile file)
    {
        if (Path.GetExtension(file.Name) == ".parquet")
        {
            using var database = DuckDatabase.Open();
            using var connection = database.Connect();
            using var ids = connection.Query($"SELECT id::BIGINT FROM read_parquet({SqlName.Text(file.Path)})");
            return [.. ids.Rows().Select(r => (long)r[0]!)];
        }

        var lines = File.ReadAllLines(file.Path);
        return Path.GetExtension(file.Name) == ".csv"
            ? [.. lines.Skip(1).Select(l => long.Parse(l.Split(',')[0], CultureInfo.InvariantCulture))]
            : [.. lines.Select(l => (long)JsonNode.Parse(l)!["id"]!)];
    }
}
