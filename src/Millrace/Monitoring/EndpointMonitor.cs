using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;
using Millrace.Statistics;
using Millrace.Statistics.Metrics;
using Millrace.Statistics.Sketches;

namespace Millrace.Monitoring;

/// <summary>One endpoint to watch.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Rule">What is watched.</param>
/// <param name="Labels">Where the truth comes from; null when it never comes.</param>
/// <param name="DefineLabels">Makes the label table readable under its name.</param>
/// <param name="LabelState">A text that changes when the label table does.</param>
public sealed record WatchedEndpoint(AssetKey Endpoint, MonitorRule Rule, LabelRule? Labels, Action<SqlSession> DefineLabels, string LabelState);

/// <summary>Measures the predictions of an endpoint against the references of the versions that gave them, and against the truth once it is known.</summary>
public sealed class EndpointMonitor(SqlSessionPool pool, Home home, Ledger.Ledger ledger, ModelRegistry registry, TimeProvider clock)
{
    /// <summary>Above this many labels the interval says nothing that the value does not.</summary>
    private const int MostBootstrapRows = 20_000;

    private const int Resamples = 200;

    private const string Log = "_millrace_predictions";

    private const string Truth = "_millrace_truth";

    /// <summary>Measures the windows in which predictions or labels have come since the last time, writes the journals, and raises alerts.</summary>
    /// <returns>What was measured now, oldest window first.</returns>
    public IReadOnlyList<WindowReport> Watch(string environment, WatchedEndpoint watched, CancellationToken cancellationToken)
    {
        var table = new PredictionTable(home.Folder, watched.Endpoint.Name, ledger, pool);
        var state = StateOf(table, watched);
        if (state is null || ledger.WatchState(environment, watched.Endpoint) == state)
            return [];

        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        if (table.Read(session) is not { } log)
            return [];
        session.Define(Log, log);
        DefineTruth(session, watched);

        var reports = new List<WindowReport>();
        var known = Known(session, environment, watched.Endpoint.Name);
        foreach (var window in Windows(session, watched))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (drift, quality) = known.GetValueOrDefault((window.Model, window.Version, window.Interval.Start));
            var (isDrift, isQuality) = (drift != window.DriftState && window.Rows >= watched.Rule.MinRows, quality != window.QualityState && window.Labelled >= Math.Max(1, watched.Rule.MinLabels));
            if (!isDrift && !isQuality)
                continue;
            var version = new AssetKey(AssetKind.Model, window.Model);
            if (registry.Find(version, window.Version) is not { } record || table.ColumnsOf(window.Model, window.Version.ToString(CultureInfo.InvariantCulture)) is not { } columns)
                continue;
            var manifest = registry.Read(record).Manifest;
            reports.Add(new WindowReport(
                window.Interval, window.Model, window.Version, window.Rows,
                isDrift ? Drift(session.Connection, watched.Rule, window, manifest, columns) : [],
                isQuality ? Quality(session.Connection, watched.Rule, window, manifest, columns) : [])
            {
                DriftState = window.DriftState, QualityState = window.QualityState,
            });
        }

        Write(session.Connection, environment, watched.Endpoint.Name, reports);
        foreach (var alert in reports.SelectMany(r => Alerts(watched, r)))
            ledger.Raise(environment, alert);
        ledger.SetWatchState(environment, watched.Endpoint, state);
        return reports;
    }

    /// <summary>True when predictions, labels or the rule have changed since the last measuring. Reads no row.</summary>
    public bool IsDue(string environment, WatchedEndpoint watched) =>
        StateOf(new PredictionTable(home.Folder, watched.Endpoint.Name, ledger, pool), watched) is { } state && ledger.WatchState(environment, watched.Endpoint) != state;

    /// <summary>The drift journal of an endpoint.</summary>
    public MonitorJournal DriftJournal(string endpoint) =>
        new(MonitorJournal.DriftOf(endpoint), MonitorJournal.DriftSchema, home.JournalFolder(MonitorJournal.DriftOf(endpoint)), ledger);

    /// <summary>The performance journal of an endpoint.</summary>
    public MonitorJournal PerformanceJournal(string endpoint) =>
        new(MonitorJournal.PerformanceOf(endpoint), MonitorJournal.PerformanceSchema, home.JournalFolder(MonitorJournal.PerformanceOf(endpoint)), ledger);

    /// <summary>A text that changes when predictions, labels or the rule do; null when nothing was ever predicted. Reads no row.</summary>
    private string? StateOf(PredictionTable table, WatchedEndpoint watched)
    {
        if (!Directory.Exists(table.Folder))
            return null;
        var segments = Directory.EnumerateFiles(table.Folder, "*.segment").Order(StringComparer.Ordinal)
            .Select(f => FormattableString.Invariant($"{Path.GetFileName(f)}:{new FileInfo(f).Length}"));
        return Fingerprint.Of([
            ledger.Journal(table.Journal)?.EntryHash, watched.LabelState, watched.Rule.DriftText, FormattableString.Invariant($"{watched.Rule.DriftShare}"), watched.Rule.QualityText, watched.Labels?.ToString(), .. segments]).Text;
    }

    private static void DefineTruth(SqlSession session, WatchedEndpoint watched)
    {
        if (watched.Labels is not { } labels)
        {
            session.Define(Truth, new Relation("SELECT NULL::VARCHAR AS k, NULL::DOUBLE AS label WHERE false", new Schema([])));
            return;
        }

        watched.DefineLabels(session);
        var key = labels.Matches == LabelRule.EventTime ? $"{SqlName.Quote(labels.Key)}::TIMESTAMPTZ" : $"{SqlName.Quote(labels.Key)}::VARCHAR";
        session.Define(Truth, new Relation(
            $"SELECT {key} AS k, max({SqlName.Quote(labels.Label)}::DOUBLE) AS label FROM {SqlName.QuoteRelation(labels.Table)} "
            + $"WHERE {SqlName.Quote(labels.Key)} IS NOT NULL AND {SqlName.Quote(labels.Label)} IS NOT NULL GROUP BY 1",
            new Schema([])));
    }

    private static string Join(LabelRule? labels) => $"l.k = p.{(labels?.Matches == LabelRule.EventTime ? "event_time" : "prediction_id")}";

    private static List<Window> Windows(SqlSession session, WatchedEndpoint watched)
    {
        var unit = watched.Rule.Window;
        using var result = session.Connection.Query($"""
            SELECT p.model, p.model_version, epoch_us(date_trunc({SqlName.Text(unit.Word())}, p.event_time)) AS w, count(*), count(l.label),
                coalesce(bit_xor(hash(p.sequence, l.label)) FILTER (l.label IS NOT NULL), 0)::VARCHAR
            FROM {Log} AS p LEFT JOIN {Truth} AS l ON {Join(watched.Labels)} WHERE p.event_time IS NOT NULL GROUP BY ALL ORDER BY w, p.model_version
            """);
        return [.. result.Rows().Select(r =>
        {
            var start = DateTimeOffset.UnixEpoch.AddTicks((long)r[2]! * TimeSpan.TicksPerMicrosecond);
            return new Window(
                (string)r[0]!, long.Parse((string)r[1]!, CultureInfo.InvariantCulture), new Interval(start, unit.Add(start, 1)), (long)r[3]!, (long)r[4]!, watched.Labels)
                {
                    DriftState = Fingerprint.Of(FormattableString.Invariant($"{r[3]}"), watched.Rule.DriftText).Text,
                    QualityState = Fingerprint.Of(FormattableString.Invariant($"{r[4]} {r[5]}"), watched.Rule.QualityText).Text,
                };
        })];
    }

    /// <summary>What each window was measured from the last time.</summary>
    private Dictionary<(string, long, DateTimeOffset), (string? Drift, string? Quality)> Known(SqlSession session, string environment, string endpoint)
    {
        session.Define("_millrace_drift", DriftJournal(endpoint).Read());
        session.Define("_millrace_performance", PerformanceJournal(endpoint).Read());
        using var result = session.Connection.Query($"""
            SELECT model, model_version, epoch_us(window_start), max(drift), max(quality) FROM (
                SELECT model, model_version, window_start, arg_max(measured_from, measured_at) AS drift, NULL AS quality
                FROM _millrace_drift WHERE environment = {SqlName.Text(environment)} GROUP BY ALL
                UNION ALL SELECT model, model_version, window_start, NULL, arg_max(measured_from, measured_at)
                FROM _millrace_performance WHERE environment = {SqlName.Text(environment)} GROUP BY ALL)
            GROUP BY ALL
            """);
        return result.Rows().ToDictionary(
            r => ((string)r[0]!, (long)r[1]!, DateTimeOffset.UnixEpoch.AddTicks((long)r[2]! * TimeSpan.TicksPerMicrosecond)), r => ((string?)r[3], (string?)r[4]));
    }

    private static List<FeatureDrift> Drift(DuckConnection connection, MonitorRule rule, Window window, ModelManifest manifest, IReadOnlyList<Column> columns)
    {
        var watched = manifest.Features.Select((f, i) => (f.Name, Column: columns[i].Name))
            .Append((Name: ModelManifest.PredictionSketch, Column: columns[manifest.Features.Count].Name))
            .Select(c => new WatchedColumn(c.Name, c.Column, ReferenceSketch.Parse(manifest.Sketches[c.Name].ToJsonString()))).ToList();
        using (var result = connection.Query($"SELECT {string.Join(", ", watched.Select(c => c.Sql))} FROM {Log} AS p WHERE {window.Sql}"))
        {
            while (result.Fetch() is { } chunk)
            {
                using var owned = chunk;
                for (var i = 0; i < watched.Count; i++)
                    watched[i].Add(chunk[i]);
            }
        }

        return [.. watched.Select(c =>
        {
            var measured = c.Measure();
            return new FeatureDrift(c.Name, measured, !rule.Ignore.Contains(c.Name, StringComparer.OrdinalIgnoreCase) && IsDrifted(rule, measured));
        })];
    }

    /// <summary>The earth mover's distance in standard deviations of the reference for numbers, Jensen and Shannon's for levels.</summary>
    private static DriftMeasure DistanceOf(DriftResult result) =>
        result.Measures.FirstOrDefault(m => m.Name == DriftMeasure.WassersteinNormed) ?? result[DriftMeasure.JensenShannon];

    /// <summary>Either convention says so: the stability index of credit scoring, or the distance; and the column left the range that the reference itself showed.</summary>
    private static bool IsDrifted(MonitorRule rule, DriftResult result)
    {
        var (psi, distance) = (result.Psi, DistanceOf(result));
        bool Left(DriftMeasure measure) => !rule.IsCalibrated || measure.Learnt is null || measure.IsAboveLearnt;
        return (psi.Value >= rule.DriftThreshold && Left(psi)) || (distance.IsAboveCustomary && Left(distance));
    }

    private static List<QualityMeasure> Quality(DuckConnection connection, MonitorRule rule, Window window, ModelManifest manifest, IReadOnlyList<Column> columns)
    {
        var (labels, predictions) = (new List<double>(), new List<double>());
        var column = SqlName.Quote(columns[manifest.Features.Count].Name);
        using (var result = connection.Query(
            $"SELECT l.label, p.{column}::DOUBLE FROM {Log} AS p JOIN {Truth} AS l ON {Join(window.Labels)} WHERE {window.Sql} AND isfinite(p.{column}::DOUBLE) ORDER BY p.sequence"))
        {
            while (result.Fetch() is { } chunk)
            {
                using var owned = chunk;
                labels.AddRange(chunk[0].Values<double>());
                predictions.AddRange(chunk[1].Values<double>());
            }
        }

        double[] y = [.. labels];
        double[] p = [.. predictions];
        var values = Evaluation.Measure(manifest.Task, y, p, [.. Enumerable.Range(0, y.Length)]);
        return [.. values.Select(v =>
        {
            var holdout = manifest.Evaluation.Metrics.GetValueOrDefault(v.Key);
            var isRuled = v.Key == rule.Metric;
            var interval = isRuled && v.Value is not null && y.Length <= MostBootstrapRows ? Bootstrap.Interval(ModelMetrics.Find(v.Key)!, y, p, seed: 1, resamples: Resamples) : null;
            double? loss = v.Value is { } value && holdout is { } reference && Evaluation.Loss(v.Key, value, reference) is var l && double.IsFinite(l) ? l : null;
            return new QualityMeasure(v.Key, y.Length, v.Value, interval?.Low, interval?.High, holdout, loss, isRuled && loss >= rule.WorseBy && IsSure(v.Key, interval, holdout));
        })];
    }

    /// <summary>The whole interval lies on the worse side of the holdout's value: a few unlucky rows are no loss of quality.</summary>
    private static bool IsSure(string metric, ConfidenceInterval? interval, double? holdout) =>
        interval is null || (Evaluation.IsGreaterBetter(metric) ? interval.High < holdout : interval.Low > holdout);

    private static IEnumerable<Alert> Alerts(WatchedEndpoint watched, WindowReport report)
    {
        var features = report.Drift.Where(d => d.Feature != ModelManifest.PredictionSketch && !watched.Rule.Ignore.Contains(d.Feature, StringComparer.OrdinalIgnoreCase)).ToList();
        var drifted = features.Where(d => d.IsDrifted).ToList();
        var prediction = report.Drift.FirstOrDefault(d => d.Feature == ModelManifest.PredictionSketch);
        if (prediction is { IsDrifted: true })
            yield return Of(Alert.Drift, ModelManifest.PredictionSketch, DistanceOf(prediction.Result).Value!.Value, DistanceOf(prediction.Result).Learnt ?? DistanceOf(prediction.Result).Customary!.Value);
        if (features.Count > 0 && drifted.Count > 0 && drifted.Count >= watched.Rule.DriftShare * features.Count)
            yield return Of(Alert.Drift, "features", (double)drifted.Count / features.Count, watched.Rule.DriftShare);
        foreach (var measure in report.Quality.Where(q => q.IsWorse))
            yield return Of(Alert.Performance, measure.Metric, measure.Value!.Value, measure.Holdout!.Value);

        Alert Of(string kind, string subject, double value, double threshold) => new(watched.Endpoint, kind, subject, report.Window, report.Version, value, threshold);
    }

    private void Write(DuckConnection connection, string environment, string endpoint, IReadOnlyList<WindowReport> reports)
    {
        var now = clock.GetUtcNow();
        DriftJournal(endpoint).Append(connection, [.. reports.SelectMany(r => r.Drift.Select(d => DriftRow(environment, now, r, d)))], now);
        PerformanceJournal(endpoint).Append(connection, [.. reports.SelectMany(r => r.Quality.Select(q => QualityRow(environment, now, r, q)))], now);
    }

    private static List<string> DriftRow(string environment, DateTimeOffset now, WindowReport report, FeatureDrift drift)
    {
        var psi = drift.Result.Psi;
        var distance = DistanceOf(drift.Result);
        return
        [
            .. Head(environment, now, report), SqlName.Text(drift.Feature), Number(drift.Result.MissingShare),
            drift.Result.NewLevels.Count == 0 ? "NULL" : SqlName.Text(new JsonArray([.. drift.Result.NewLevels.Select(l => (JsonNode)JsonValue.Create(l)!)]).ToJsonString()),
            Number(psi.Value), Number(psi.Learnt), SqlName.Text(distance.Name), Number(distance.Value), Number(distance.Customary), Number(distance.Learnt),
            drift.IsDrifted ? "true" : "false", SqlName.Text(report.DriftState),
        ];
    }

    private static List<string> QualityRow(string environment, DateTimeOffset now, WindowReport report, QualityMeasure quality) =>
    [
        .. Head(environment, now, report), quality.Labelled.ToString(CultureInfo.InvariantCulture), SqlName.Text(quality.Metric), Number(quality.Value), Number(quality.Low),
        Number(quality.High), Number(quality.Holdout), Number(quality.Loss), quality.IsWorse ? "true" : "false", SqlName.Text(report.QualityState),
    ];

    private static IEnumerable<string> Head(string environment, DateTimeOffset now, WindowReport report) =>
    [
        SqlText.Literal(now), SqlName.Text(environment), SqlName.Text(report.Model), report.Version.ToString(CultureInfo.InvariantCulture),
        SqlText.Literal(report.Window.Start), SqlText.Literal(report.Window.End), report.Rows.ToString(CultureInfo.InvariantCulture),
    ];

    private static string Number(double? value) => value is { } v && double.IsFinite(v) ? v.ToString("R", CultureInfo.InvariantCulture) + "::DOUBLE" : "NULL";

    private sealed record Window(string Model, long Version, Interval Interval, long Rows, long Labelled, LabelRule? Labels)
    {
        /// <summary>A hash of what a verdict on drift is made from.</summary>
        public required string DriftState { get; init; }

        /// <summary>A hash of what a verdict on quality is made from.</summary>
        public required string QualityState { get; init; }

        public string Sql => $"p.model = {SqlName.Text(Model)} AND p.model_version = '{Version.ToString(CultureInfo.InvariantCulture)}' "
            + $"AND p.event_time >= {SqlText.Literal(Interval.Start)}::TIMESTAMPTZ AND p.event_time < {SqlText.Literal(Interval.End)}::TIMESTAMPTZ";
    }

    /// <summary>One column of the log with the counts that its reference asks for.</summary>
    private sealed class WatchedColumn
    {
        private readonly string _column;
        private readonly NumericReference? _numbers;
        private readonly CategoricalReference? _levels;
        private readonly NumericCounts? _numberCounts;
        private readonly CategoricalCounts? _levelCounts;
        private readonly double[] _values = new double[2048];

        public WatchedColumn(string name, string column, ReferenceSketch reference)
        {
            (Name, _column, _numbers, _levels) = (name, column, reference as NumericReference, reference as CategoricalReference);
            (_numberCounts, _levelCounts) = (_numbers?.NewCounts(), _levels?.NewCounts());
        }

        public string Name { get; }

        /// <summary>An empty text is a missing one, as in training.</summary>
        public string Sql => _numbers is not null ? $"p.{SqlName.Quote(_column)}::DOUBLE" : $"nullif(p.{SqlName.Quote(_column)}::VARCHAR, '')";

        public void Add(DuckVector column)
        {
            if (_numberCounts is not null)
            {
                var values = column.Values<double>();
                if (!column.HasNulls)
                {
                    _numberCounts.Add(values);
                    return;
                }

                var room = values.Length <= _values.Length ? _values.AsSpan(0, values.Length) : new double[values.Length];
                for (var i = 0; i < values.Length; i++)
                    room[i] = column.IsNull(i) ? double.NaN : values[i];
                _numberCounts.Add(room);
                return;
            }

            var texts = new string?[column.Count];
            for (var i = 0; i < texts.Length; i++)
                texts[i] = column.IsNull(i) ? null : column.Text(i);
            _levelCounts!.Add(texts);
        }

        public DriftResult Measure() => _numbers is not null ? _numbers.Measure(_numberCounts!) : _levels!.Measure(_levelCounts!);
    }
}
