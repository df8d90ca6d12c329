using System.Globalization;
using Millrace.Assets;
using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Tests;

/// <summary>A project folder in a temporary place, opened anew for each verb, as the command line does.</summary>
public sealed class SampleProject : IDisposable
{
    public SampleProject(string? folder = null)
    {
        Folder = folder ?? Path.Combine(Path.GetTempPath(), "millrace-project-" + Guid.NewGuid().ToString("N"));
        Write("millrace.yaml", "name: sample\n");
    }

    public string Folder { get; }

    public FakeClock Clock { get; } = new();

    /// <summary>A source of days, ids and amounts, read from <c>data/*.csv</c>, with time.</summary>
    public static SampleProject WithOrders(string more = "") => new SampleProject().Write("sources/orders.yaml", $"""
        type: csv
        path: data/*.csv
        time_column: day
        columns:
          - name: day
            type: date
          - name: id
            type: bigint
          - name: amount
            type: bigint
        {more}
        """);

    /// <summary>A table of amounts by day, computed day by day.</summary>
    public SampleProject WithDaily(string more = "", string sql = "SELECT day, sum(amount) AS amount, count(*) AS orders FROM orders WHERE day >= @start AND day < @end GROUP BY day") =>
        Write("tables/daily.sql", $"""
            /*---
            kind: incremental
            time_column: day
            {more}
            ---*/
            {sql}
            """);

    public SampleProject Write(string file, string text)
    {
        var path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
        return this;
    }

    public SampleProject Table(string name, string sql) => Write($"tables/{name.Replace('.', '/')}.sql", sql);

    /// <summary>A file of orders: one line each, after the header.</summary>
    public SampleProject Orders(string file, params string[] lines) => Write("data/" + file, "day,id,amount\n" + string.Concat(lines.Select(l => l + "\n")));

    public SampleProject Delete(string file)
    {
        File.Delete(Path.Combine(Folder, file));
        return this;
    }

    public Engine Open(string? environment = null, Action<RunMoment>? observe = null, string? home = null, Action<string>? waiting = null) => Engine.Open(new EngineOptions
    {
        ProjectFolder = Folder, Environment = environment, Clock = Clock, Observe = observe, HomeFolder = home, Waiting = waiting, Workers = 2,
    });

    public RunResult Run(string? select = null, string? asOf = null, string? environment = null, string? plan = null)
    {
        using var engine = Open(environment);
        Clock.Advance(TimeSpan.FromMinutes(1));
        return engine.Run(new RunRequest { Select = select, AsOf = asOf is null ? null : Instant(asOf), PlanHash = plan }, CancellationToken.None);
    }

    /// <summary>Runs and asserts that everything succeeded.</summary>
    public RunResult RunWell(string? select = null, string? asOf = null, string? environment = null, string? plan = null)
    {
        var result = Run(select, asOf, environment, plan);
        Assert.True(result.State == RunStateDone, string.Join("\n", result.Assets.Where(a => a.Message is not null).Select(a => $"{a.Asset}: {a.Outcome}: {a.Message}")));
        return result;
    }

    /// <summary>What happened to each asset, such as <c>daily computed 2</c> (intervals), in graph order; unchanged ones are left out.</summary>
    public static string Outcomes(RunResult result) => string.Join(", ", result.Assets.Where(a => a.Outcome != AssetOutcome.Unchanged)
        .Select(a => $"{a.Asset.Name} {a.Outcome.ToString().ToLowerInvariant()}{(a.Intervals is { } n ? FormattableString.Invariant($" {n}") : "")}"));

    public static AssetResult Of(RunResult result, string name) => result.Assets.Single(a => a.Asset.Name == name);

    /// <summary>Each row of a query as one text, values joined by <c>|</c>.</summary>
    public IReadOnlyList<string> Rows(string sql, string? environment = null)
    {
        using var engine = Open(environment);
        using var query = engine.Query(sql);
        return [.. query.Result.Rows().Select(r => string.Join('|', r.Select(Text)))];
    }

    public void Rollback(long? to = null, string? environment = null)
    {
        using var engine = Open(environment);
        engine.Rollback(to, null);
    }

    public IReadOnlyList<Problem> Problems()
    {
        var thrown = Assert.Throws<ProblemException>(() =>
        {
            using var engine = Open();
        });
        return thrown.Problems;
    }

    public static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    private const Millrace.Ledger.RunState RunStateDone = Millrace.Ledger.RunState.Done;

    private static string Text(object? value) => value switch
    {
        null => "NULL",
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime t => t.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        DateTimeOffset t => t.ToString("yyyy-MM-dd HH:mmzz", CultureInfo.InvariantCulture),
        bool b => b ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
