using Millrace.Assets;
using Millrace.Automation;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Monitoring;
using Millrace.Native;
using Millrace.Plans;
using Millrace.Runs;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>What one look at an endpoint found.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Windows">What was measured now; empty when nothing new had come.</param>
/// <param name="Verdict">What its retraining policy says; null without a policy.</param>
/// <param name="Failure">Why it could not be measured; null when it could.</param>
public sealed record EndpointWatch(AssetKey Endpoint, IReadOnlyList<WindowReport> Windows, RetrainVerdict? Verdict, string? Failure = null);

/// <summary>What one tick of automation did.</summary>
/// <param name="Watched">One an endpoint.</param>
/// <param name="Answered">The requests that the run took up.</param>
/// <param name="Run">The run; null when nothing was asked for.</param>
public sealed record TickResult(IReadOnlyList<EndpointWatch> Watched, IReadOnlyList<RequestRecord> Answered, RunResult? Run)
{
    /// <summary>Requests for a version of rows that the one in force was trained on already: they wait for newer rows.</summary>
    public IReadOnlyList<RequestRecord> Waiting { get; init; } = [];
}

public sealed partial class Engine
{
    /// <summary>Measures what has come since the last time, and asks for new versions where policies say so. Moves no pointer.</summary>
    /// <param name="now">The moment that policies go by; the clock's when null.</param>
    /// <param name="cancellationToken">Stops between windows.</param>
    public IReadOnlyList<EndpointWatch> Watch(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var moment = now ?? _options.Clock.GetUtcNow();
        var pointers = Ledger.Pointers(Environment);
        var watches = new List<EndpointWatch>();
        foreach (var pointer in pointers.Values.Where(p => p.Asset.Kind == AssetKind.Endpoint).OrderBy(p => p.Asset.Name, StringComparer.Ordinal))
        {
            if (Released(pointer) is not EndpointDefinition endpoint)
                continue;
            var rule = endpoint.Monitor is { } watched ? MonitorRule.Read(watched, []) : null;
            IReadOnlyList<WindowReport> windows = [];
            string? failure = null;
            try
            {
                if (rule is not null)
                    windows = Monitor.Watch(Environment, Watched(endpoint, rule, pointers), cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is DuckException or LakeException or InvalidDataException or IOException)
            {
                // One endpoint that cannot be measured keeps none of the others from it.
                failure = e.Message.Split('\n')[0].Trim();
            }

            watches.Add(new EndpointWatch(endpoint.Key, windows, Ask(endpoint, pointers, moment, isDecided: true), failure));
        }

        return watches;
    }

    /// <summary>One tick of automation: folds what was predicted, measures, asks, and runs what is asked for, by the definitions that are released.</summary>
    /// <param name="asOf">The moment to go by; the clock's when null.</param>
    /// <param name="cancellationToken">Stops it; nothing is released then.</param>
    public TickResult RunDue(DateTimeOffset? asOf, CancellationToken cancellationToken)
    {
        var now = asOf ?? _options.Clock.GetUtcNow();
        if (now > _options.Clock.GetUtcNow())
            throw new EngineException(FormattableString.Invariant($"{now.UtcDateTime:yyyy-MM-dd HH:mm} UTC has not come yet: what a policy asks for then would count as asked. Give a moment of the past, or none.")) { IsMistake = true };
        foreach (var endpoint in Ledger.Pointers(Environment).Keys.Where(k => k.Kind == AssetKind.Endpoint))
            new PredictionTable(Home.Folder, endpoint.Name, Ledger, _pool).Fold(_options.Clock.GetUtcNow(), cancellationToken);
        var watched = Watch(asOf, cancellationToken);
        var due = new List<RequestRecord>();
        foreach (var request in Ledger.Requests(Environment).Where(r => r.State == RequestState.Open && (r.Due <= now || r.Due <= _options.Clock.GetUtcNow())))
        {
            // What was asked for before a rollback is not wanted any more.
            if (WhyPaused(request.Asset) is { } paused)
                Ledger.EndRequests([request.Id], RequestState.Withdrawn, null, paused);
            else
                due.Add(request);
        }

        if (due.Count == 0)
            return new TickResult(watched, due, null);

        // A request stays open until its run has ended, so that a run that dies is simply asked for again; and until there are rows to learn from.
        var waiting = WaitingForRows(due);
        due = [.. due.Except(waiting)];
        if (due.Count == 0)
            return new TickResult(watched, due, null) { Waiting = waiting };

        var run = Run(new RunRequest { AsOf = asOf, AsReleased = true, Retrain = due.ToDictionary(r => r.Asset, r => r.Reason) }, cancellationToken);
        foreach (var request in due)
        {
            var result = run.Assets.FirstOrDefault(a => a.Asset == request.Asset);
            var isGood = result?.Outcome is AssetOutcome.Computed or AssetOutcome.Pointed or AssetOutcome.Unchanged && run.State != RunState.Superseded;
            Ledger.EndRequests([request.Id], isGood ? RequestState.Done : RequestState.Refused, run.Run?.Id, result?.Message ?? result?.Reason);
        }

        return new TickResult(watched, due, run) { Waiting = waiting };
    }

    /// <summary>Models of which a run is to make a new version, by what a person asks for.</summary>
    /// <param name="names">Names of models, separated by blanks.</param>
    /// <exception cref="EngineException">A name is no model.</exception>
    public IReadOnlyDictionary<AssetKey, string> RetrainOf(string names)
    {
        var models = Project.Assets.Keys.Where(k => k.Kind == AssetKind.Model).ToDictionary(k => k.Name);
        return names.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Distinct().ToDictionary(
            n => models.TryGetValue(n, out var key)
                ? key
                : throw new EngineException($"'{n}' is no model.{Assets.Definitions.Suggestion.Sentence(n, models.Keys)} {(models.Count == 0 ? "The project has none." : $"Models are: {string.Join(", ", models.Keys)}.")}") { IsMistake = true },
            _ => "asked for by hand");
    }

    /// <summary>True when a tick of automation would find something: new predictions or labels, a policy that asks, a request that waits. Reads no row.</summary>
    public bool IsDue()
    {
        var now = _options.Clock.GetUtcNow();
        var open = Ledger.Requests(Environment).Where(r => r.State == RequestState.Open && r.Due <= now).ToList();
        if (open.Count > WaitingForRows(open).Count)
            return true;
        var pointers = Ledger.Pointers(Environment);
        return pointers.Values.Where(p => p.Asset.Kind == AssetKind.Endpoint).Select(Released).OfType<EndpointDefinition>().Any(endpoint =>
            Ask(endpoint, pointers, now, isDecided: false) is RetrainVerdict.Ask
            || (endpoint.Monitor is { } watched && MonitorRule.Read(watched, []) is { } rule && Monitor.IsDue(Environment, Watched(endpoint, rule, pointers))));
    }

    /// <summary>The endpoints of the environment, ready to answer. The caller refreshes and disposes them.</summary>
    public ServedEndpoints Serve() => new(Environment, Home.Folder, Ledger, Registry, _pool, _options.Clock);

    /// <summary>Those requests of which the plan says that the version in force was trained on these very rows.</summary>
    private List<RequestRecord> WaitingForRows(IReadOnlyCollection<RequestRecord> requests)
    {
        if (requests.Count == 0)
            return [];
        var plan = Plan(new RunRequest { AsReleased = true, Retrain = requests.ToDictionary(r => r.Asset, r => r.Reason) });
        return [.. requests.Where(r => plan.Decisions.Any(d => d.Asset == r.Asset && d.Action == PlanAction.Keep))];
    }

    private EndpointMonitor Monitor => new(_pool, Home, Ledger, Registry, _options.Clock);

    private RetrainVerdict? Ask(EndpointDefinition endpoint, IReadOnlyDictionary<AssetKey, Pointer> pointers, DateTimeOffset now, bool isDecided)
    {
        if (endpoint.Retrain is null || RetrainRule.Read(endpoint.Retrain, []) is not { } rule)
            return null;
        var model = new AssetKey(AssetKind.Model, endpoint.Model);
        var schedule = endpoint.Key.ToString();
        var verdict = RetrainPolicy.Decide(
            new RetrainState
            {
                Rule = rule,
                Champion = pointers.TryGetValue(model, out var pointer) ? Ledger.Version(pointer.Version) : null,
                Alerts = Ledger.Alerts(Environment, endpoint.Key),
                Requests = [.. Ledger.Requests(Environment).Where(r => r.Asset == model)],
                LastTick = Ledger.LastTick(Environment, schedule),
                Paused = WhyPaused(model),
            },
            now);
        if (isDecided && verdict is RetrainVerdict.Ask ask)
        {
            Ledger.Request(Environment, model, ask.Cause, ask.Reason, now, now, ask.Alert);
            if (ask.Tick is { } tick)
                Ledger.Tick(Environment, schedule, tick);
        }

        return verdict;
    }

    /// <summary>A policy pauses when a rollback took away what it made, until someone resumes it or a definition that the rollback moved changes.</summary>
    private string? WhyPaused(AssetKey model)
    {
        if (Ledger.Rejections(Environment).Where(r => r.Asset == model).Select(r => (long?)r.Release).Max() is not { } id)
            return null;
        var rollback = Ledger.Releases(Environment, int.MaxValue).FirstOrDefault(r => r.Id == id);
        var definitions = Project.Files.Definitions.ToDictionary(d => d.Key, d => StoredDefinition.Of(d.File, d.Text).Hash);
        var isChanged = rollback?.Moves.Any(m => definitions.TryGetValue(m.Asset, out var now) && now != m.From?.Definition && now != m.To?.Definition) == true;
        return isChanged ? null : FormattableString.Invariant($"release {id} rolled {model.Title} back. To go on, change what made it, or run 'millrace resume {model.Name}'");
    }

    private WatchedEndpoint Watched(EndpointDefinition endpoint, MonitorRule rule, IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        var truth = endpoint.Labels is { } labels ? pointers.Values.FirstOrDefault(p => p.Asset.Kind.IsRelation() && p.Asset.Name == labels.Table) : null;
        return new WatchedEndpoint(
            endpoint.Key,
            rule,
            truth is null ? null : endpoint.Labels,
            session =>
            {
                using var parser = new QueryParser();
                Define(session, parser, pointers, truth!.Asset.Name, new HashSet<string>(StringComparer.Ordinal));
            },
            Fingerprint.OfSet(pointers.Values.Where(p => p.Asset.Kind.IsRelation()).Select(p => p.Version.ToString())).Text);
    }
}
