using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Automation;
using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Monitoring;
using Millrace.Registry;
using Millrace.Serving;
using Millrace.Sql;

namespace Millrace.Project;

public sealed partial class Engine
{
    /// <summary>An endpoint as it is released. Nothing is measured and nothing is asked for.</summary>
    /// <exception cref="EngineException">It is not released.</exception>
    public EndpointView Endpoint(string name)
    {
        var pointers = Ledger.Pointers(Environment);
        var endpoint = EndpointOf(name, pointers);
        var windows = WindowsOf(endpoint, pointers);
        using var session = _pool.Rent();
        var log = JournalOf(session, endpoint.Key.Name, endpoint.Key.Name + PredictionsEnding);
        using var result = session.Connection.Query($"SELECT count(*), epoch_us(max(received_at)) FROM ({log.Sql})");
        var row = result.Rows().Single();
        return new EndpointView(
            endpoint,
            ServedBy(endpoint, pointers),
            endpoint.Monitor is { } monitor ? MonitorRule.Read(monitor, []) : null,
            endpoint.Retrain is { } retrain ? RetrainRule.Read(retrain, []) : null,
            Ask(endpoint, pointers, _options.Clock.GetUtcNow(), isDecided: false),
            (long)row[0]!,
            windows.Sum(w => w.Labelled),
            row[1] is long at ? Moment(at) : null,
            windows);
    }

    /// <summary>What was measured of the released endpoints, or of one, and what came of it. Nothing is measured now.</summary>
    /// <exception cref="EngineException">The endpoint is not released.</exception>
    public IReadOnlyList<MonitorView> Monitored(string? name = null)
    {
        var pointers = Ledger.Pointers(Environment);
        var endpoints = name is not null ? [EndpointOf(name, pointers)] : Endpoints(pointers);
        var requests = Ledger.Requests(Environment);
        return [.. endpoints.Select(e => new MonitorView(
            e.Key,
            WindowsOf(e, pointers),
            Ledger.Alerts(Environment, e.Key),
            [.. requests.Where(r => r.Asset.Kind == AssetKind.Model && r.Asset.Name == e.Model)],
            Ask(e, pointers, _options.Clock.GetUtcNow(), isDecided: false)))];
    }

    /// <summary>How far each feature of a released endpoint lay from its reference, as it was measured last: by window, version and name.</summary>
    /// <param name="name">The endpoint.</param>
    /// <param name="feature">Only this one, or <c>prediction</c>; all when null.</param>
    /// <param name="window">Only the window that this moment lies in; all when null.</param>
    /// <exception cref="EngineException">The endpoint is not released.</exception>
    public IReadOnlyList<FeatureView> DriftOf(string name, string? feature = null, DateTimeOffset? window = null)
    {
        var endpoint = EndpointOf(name, Ledger.Pointers(Environment));
        using var session = _pool.Rent();
        var where = (feature is null ? "" : $" AND feature = {SqlName.Text(feature)}")
            + (window is { } at ? $" AND window_start <= {SqlText.Literal(at)}::TIMESTAMPTZ AND window_end > {SqlText.Literal(at)}::TIMESTAMPTZ" : "");
        using var result = session.Connection.Query($"""
            SELECT model, model_version, epoch_us(window_start), epoch_us(window_end), rows, feature, missing_share, new_levels, psi, psi_learnt,
                distance, distance_value, is_drifted
            FROM ({Monitor.DriftJournal(endpoint.Key.Name).Read().Sql}) WHERE environment = {SqlName.Text(Environment)}{where}
            QUALIFY measured_at = max(measured_at) OVER (PARTITION BY model, model_version, window_start)
            ORDER BY window_start, model_version, feature
            """);
        return [.. result.Rows().Select(r => new FeatureView(
            (string)r[0]!, (long)r[1]!, Between(r[2], r[3]), (long)r[4]!, (string)r[5]!, (double?)r[6], (string?)r[7], (double?)r[8], (double?)r[9],
            (string)r[10]!, (double?)r[11], (bool)r[12]!))];
    }

    /// <summary>What the retraining policies of the released endpoints would say now.</summary>
    private List<PolicyView> Policies(IReadOnlyDictionary<AssetKey, Pointer> pointers) => [.. Endpoints(pointers)
        .Select(e => (Endpoint: e, Verdict: Ask(e, pointers, _options.Clock.GetUtcNow(), isDecided: false)))
        .Where(p => p.Verdict is not null)
        .Select(p => new PolicyView(p.Endpoint.Key, new AssetKey(AssetKind.Model, p.Endpoint.Model), p.Verdict!))];

    private List<EndpointDefinition> Endpoints(IReadOnlyDictionary<AssetKey, Pointer> pointers) =>
        [.. pointers.Values.Where(p => p.Asset.Kind == AssetKind.Endpoint).OrderBy(p => p.Asset).Select(Released).OfType<EndpointDefinition>()];

    private EndpointDefinition EndpointOf(string name, IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        if (pointers.TryGetValue(new AssetKey(AssetKind.Endpoint, name), out var pointer) && Released(pointer) is EndpointDefinition endpoint)
            return endpoint;
        var names = pointers.Keys.Where(k => k.Kind == AssetKind.Endpoint).Select(k => k.Name).Order(StringComparer.Ordinal).ToList();
        if (Project.Assets.ContainsKey(new AssetKey(AssetKind.Endpoint, name)))
            throw new EngineException($"The endpoint '{name}' is not released in '{Environment}' yet: run 'millrace run' first.");
        throw new EngineException(names.Count == 0
            ? $"There is no endpoint '{name}' in '{Environment}': none is released there."
            : $"There is no endpoint '{name}' in '{Environment}'.{Suggestion.Sentence(name, names)} Endpoints are: {string.Join(", ", names)}.") { IsMistake = true };
    }

    private RegisteredModel? ServedBy(EndpointDefinition endpoint, IReadOnlyDictionary<AssetKey, Pointer> pointers) =>
        pointers.TryGetValue(new AssetKey(AssetKind.Model, endpoint.Model), out var pointer) && Ledger.Version(pointer.Version) is { } version ? Registry.Read(version) : null;

    private List<WindowView> WindowsOf(EndpointDefinition endpoint, IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        var name = endpoint.Key.Name;
        if (Ledger.Journal(MonitorJournal.DriftOf(name)) is null && Ledger.Journal(MonitorJournal.PerformanceOf(name)) is null)
            return [];
        var metric = (endpoint.Monitor is { } monitor ? MonitorRule.Read(monitor, [])?.Metric : null)
            ?? (ServedBy(endpoint, pointers) is { } model ? Evaluation.MainMetric(model.Manifest.Task) : "mae");
        var environment = SqlName.Text(Environment);
        var prediction = SqlName.Text(ModelManifest.PredictionSketch);
        using var session = _pool.Rent();
        using var result = session.Connection.Query($"""
            WITH d AS (
                SELECT model, model_version, window_start, window_end, max(rows) AS rows, count(*) FILTER (feature <> {prediction}) AS features,
                    count(*) FILTER (feature <> {prediction} AND is_drifted) AS drifted,
                    max(psi) FILTER (feature = {prediction}) AS answers, coalesce(bool_or(is_drifted) FILTER (feature = {prediction}), false) AS moved
                FROM (SELECT * FROM ({Monitor.DriftJournal(name).Read().Sql}) WHERE environment = {environment}
                    QUALIFY measured_at = max(measured_at) OVER (PARTITION BY model, model_version, window_start))
                GROUP BY ALL),
            p AS (
                SELECT model, model_version, window_start, window_end, rows, labelled, value, low, high, holdout_value, is_worse
                FROM ({Monitor.PerformanceJournal(name).Read().Sql}) WHERE environment = {environment} AND metric = {SqlName.Text(metric)}
                QUALIFY row_number() OVER (PARTITION BY model, model_version, window_start ORDER BY measured_at DESC) = 1)
            SELECT model, model_version, epoch_us(window_start), epoch_us(window_end), greatest(coalesce(d.rows, 0), coalesce(p.rows, 0)),
                coalesce(p.labelled, 0), coalesce(d.features, 0), coalesce(d.drifted, 0), d.answers, coalesce(d.moved, false), p.value, p.low, p.high,
                p.holdout_value, coalesce(p.is_worse, false)
            FROM d FULL JOIN p USING (model, model_version, window_start, window_end) ORDER BY window_start, model, model_version
            """);
        return [.. result.Rows().Select(r => new WindowView(
            (string)r[0]!, (long)r[1]!, Between(r[2], r[3]), (long)r[4]!, (long)r[5]!, (int)(long)r[6]!, (int)(long)r[7]!, (double?)r[8], (bool)r[9]!,
            metric, (double?)r[10], (double?)r[11], (double?)r[12], (double?)r[13], (bool)r[14]!))];
    }

    private static Interval Between(object? start, object? end) => new(Moment((long)start!), Moment((long)end!));

    private static DateTimeOffset Moment(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
