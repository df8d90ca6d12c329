using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Automation;
using Millrace.Checks;
using Millrace.Checks.Types;
using Millrace.Delivery;
using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Monitoring;
using Millrace.Native;
using Millrace.Plans;
using Millrace.Serving;
using Millrace.Sources;
using Millrace.Sql;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>Turns the definitions of a folder into a graph: parents from the SQL, columns from the engine, lineage and fingerprints from the tree.</summary>
/// <remarks>Reports every mistake that it can find before it gives up; the stages after a mistake leave out what stands on it.</remarks>
internal sealed partial class ProjectCompiler(ProjectFiles files, CompileCache cache, SqlSessionPool pool, Func<Build, Schema?>? standing = null) : IDisposable
{
    /// <summary>Raised when our code computes other rows from the same definition.</summary>
    private const int SourceRevision = 1;

    private const int TableRevision = 1;

    private const int ModelRevision = 1;

    private const int EndpointRevision = 1;

    private static readonly HashSet<string> RunVariables = ["start", "end", "as_of"];

    private readonly List<Problem> _problems = [.. files.Problems];
    private readonly Dictionary<AssetKey, CompiledAsset> _assets = [];
    private readonly Dictionary<AssetKey, RelationFacts> _facts = [];
    private readonly HashSet<AssetKey> _unsound = [];
    private readonly Dictionary<string, string> _variables = files.Variables.ToDictionary(v => v.Key, v => Literal(v.Value));
    private SqlSession? _session;
    private QueryParser? _parser;

    /// <summary>The project's variables as SQL literals.</summary>
    public IReadOnlyDictionary<string, string> Variables => _variables;

    /// <summary>Compiles.</summary>
    /// <exception cref="ProblemException">The project has mistakes; all that could be found are in it.</exception>
    public CompiledProject Compile()
    {
        var outlines = Outlines();
        var parents = Parents(outlines);
        if (!Graph.TryCreate(parents, out var graph, out var cycle))
        {
            var at = files.Tables.First(t => t.Key == cycle[0]);
            _problems.Add(new Problem("cycle", $"Tables read each other in a circle: {string.Join(" reads ", cycle.Select(k => k.Name).Reverse())}. Take one of these reads away.", at.File, at.SqlLine));
            throw new ProblemException(_problems);
        }

        foreach (var key in graph.Order)
        {
            if (files.Sources.FirstOrDefault(s => s.Key == key) is { } source)
                Compile(source);
            else if (files.Models.FirstOrDefault(m => m.Key == key) is { } model)
                Compile(model, parents[key]);
            else if (files.Endpoints.FirstOrDefault(e => e.Key == key) is { } endpoint)
                Compile(endpoint, parents[key]);
            else if (outlines.TryGetValue(key, out var outline) && !_unsound.Contains(key) && parents[key].All(_assets.ContainsKey))
                Compile(files.Tables.First(t => t.Key == key), outline, parents[key]);
        }

        foreach (var sink in files.Sinks)
            Check(sink);
        if (_problems.Count > 0)
            throw new ProblemException(_problems);
        var project = new CompiledProject(files, graph, _assets);
        foreach (var key in graph.Order)
            _assets[key] = Prove(project, _assets[key]);
        if (_problems.Count > 0)
            throw new ProblemException(_problems);
        cache.Save();
        return project;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session?.Dispose();
        _parser?.Dispose();
    }

    private Dictionary<AssetKey, QueryOutline> Outlines()
    {
        var outlines = new Dictionary<AssetKey, QueryOutline>();
        var missing = new List<TableDefinition>();
        foreach (var table in files.Tables)
        {
            if (cache.Outline(table.Sql) is { } outline)
                outlines[table.Key] = outline;
            else
                missing.Add(table);
        }

        if (missing.Count > 0)
        {
            _parser ??= new QueryParser();
            var results = _parser.ParseMany([.. missing.Select(t => t.Sql)]);
            foreach (var (table, result) in missing.Zip(results))
            {
                if (result.Query is { } query)
                {
                    outlines[table.Key] = query.Outline;
                    cache.Keep(table.Sql, query.Outline);
                }
                else
                {
                    _problems.Add(new Problem("sql-syntax", result.Error!.Message, table.File, table.SqlLine + result.Error.Line - 1));
                }
            }
        }

        foreach (var table in files.Tables.Where(t => outlines.ContainsKey(t.Key)))
            Inspect(table, outlines[table.Key]);
        return outlines;
    }

    private void Inspect(TableDefinition table, QueryOutline outline)
    {
        foreach (var finding in outline.Findings)
        {
            _unsound.Add(table.Key);
            _problems.Add(new Problem(finding.Code, finding.Message, table.File, table.SqlLine + finding.Line - 1));
        }

        foreach (var variable in outline.Variables.Where(v => !RunVariables.Contains(v) && !_variables.ContainsKey(v)))
        {
            _unsound.Add(table.Key);
            var known = _variables.Keys.Concat(RunVariables).Order(StringComparer.Ordinal).ToList();
            _problems.Add(new Problem(
                "unknown-variable",
                $"The SQL reads the variable '@{variable}', which has no value.{Suggestion.Sentence(variable, known)} Declare it under 'variables' in millrace.yaml. Known are: {string.Join(", ", known)}.",
                table.File,
                LineOf(table, "@" + variable)));
        }
    }

    private Dictionary<AssetKey, IReadOnlyList<AssetKey>> Parents(Dictionary<AssetKey, QueryOutline> outlines)
    {
        var relations = files.Assets.Where(a => a.Kind.IsRelation()).GroupBy(a => a.Name).ToDictionary(g => g.Key, g => g.First());
        var parents = files.Sources.ToDictionary(s => s.Key, _ => (IReadOnlyList<AssetKey>)[]);
        foreach (var table in files.Tables)
        {
            var read = new List<AssetKey>();
            foreach (var name in outlines.TryGetValue(table.Key, out var outline) ? outline.Relations : [])
            {
                if (relations.TryGetValue(name, out var parent))
                    read.Add(parent);
                else
                {
                    _problems.Add(new Problem(
                        "unknown-relation",
                        $"The SQL reads '{name}', which is no asset of the project.{Suggestion.Sentence(name, relations.Keys)} Assets are: {string.Join(", ", relations.Keys.Order(StringComparer.Ordinal))}.",
                        table.File,
                        LineOf(table, name)));
                    outlines.Remove(table.Key);
                }
            }

            parents[table.Key] = [.. read.Distinct()];
        }

        foreach (var model in files.Models)
            parents[model.Key] = Named(model, "data", model.Data, relations);
        var models = files.Assets.Where(a => a.Kind == AssetKind.Model).ToDictionary(a => a.Name);
        foreach (var endpoint in files.Endpoints)
            parents[endpoint.Key] = Named(endpoint, "model", endpoint.Model, models);
        return parents;
    }

    private IReadOnlyList<AssetKey> Named(AssetDefinition definition, string key, string name, Dictionary<string, AssetKey> known)
    {
        if (known.TryGetValue(name, out var asset))
            return [asset];
        _problems.Add(new Problem(
            "unknown-asset",
            $"'{key}' is '{name}', which the project has not.{Suggestion.Sentence(name, known.Keys)} {(known.Count == 0 ? "It has none." : $"It has: {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}.")}",
            definition.File,
            LineOf(definition, key)));
        return [];
    }

    /// <summary>A sink is not compiled: it only has to name what is there.</summary>
    private void Check(SinkDefinition sink)
    {
        void Report(string code, string key, string message) =>
            _problems.Add(new Problem(code, message, sink.File, DefinitionFile.LineOf(File.ReadAllText(Path.Combine(files.Folder, sink.File)), key)));
        var names = files.Assets.Where(a => a.Kind.IsRelation()).Select(a => a.Name).ToList();
        if (!names.Contains(sink.Table))
        {
            Report("unknown-asset", "table", $"'table' is '{sink.Table}', which the project has not.{Suggestion.Sentence(sink.Table, names)} It has: "
                + $"{string.Join(", ", names.Order(StringComparer.Ordinal))}.");
            return;
        }

        if (sink.Environment is { } environment && files.Environments.All(e => e.Name != environment))
            Report("unknown-environment", "environment", $"'environment' is '{environment}'. The project has: {string.Join(", ", files.Environments.Select(e => e.Name))}.");
        if (_assets.FirstOrDefault(a => a.Key.Kind.IsRelation() && a.Key.Name == sink.Table).Value is not { } asset)
            return;
        if (asset.Wanted.IsView)
            Report("sink-view", "table", $"'{sink.Table}' is a view, which has no versions to deliver. Make it kind: full.");
        foreach (var column in sink.Key.Where(k => asset.Wanted.Schema.Find(k) is null))
            Report("unknown-column", "key", $"'key' names '{column}', which {sink.Table} has not.{Suggestion.Sentence(column, asset.Wanted.Schema.Names)} Its columns are: "
                + $"{string.Join(", ", asset.Wanted.Schema.Names)}.");
    }

    private void Compile(SourceDefinition source)
    {
        var checks = CheckReader.Read(source.CheckNodes, _problems);
        var declared = new Schema([.. source.Columns.Select(c => new Column(c.Name, c.Type))]);
        var schema = declared;
        var setAside = DataTexts(checks);
        var rows = Fingerprint.Of(
            ["source", Revision(SourceRevision), source.Key.Name, source.Type, source.Csv.ToString(), .. source.Contract.Texts.Take(1), .. setAside,
                .. source.Columns.Where(c => c.IsRequired).Select(c => c.Name), .. source.PlaceTexts, .. source.Contract.Texts.Skip(1), .. source.Xlsx == new XlsxOptions() ? Array.Empty<string>() : [source.Xlsx.ToString()]]);
        var columns = source.Columns.Select(c => new ColumnFacts(c.Name, c.Type, Fingerprint.Of(rows.Text, c.Name, c.Type.Sql, c.Format))).ToList();
        var build = new Build(source.Key, Fingerprint.Of([rows.Text, source.TimeColumn, source.Interval.Word(), .. columns.Select(c => c.Fingerprint.Text)]));

        // What the table took in beside the contract is seen by those who read it, and changes neither the build nor those who do not.
        if (source.Contract.CanWiden && standing?.Invoke(build) is { } stands)
        {
            var evolved = stands.Columns.Where(c => declared.Find(c.Name) is null).ToList();
            schema = new Schema([.. declared.Columns, .. evolved]);
            columns.AddRange(evolved.Select(c => new ColumnFacts(c.Name, c.Type, Fingerprint.Of(rows.Text, c.Name, c.Type.Sql, null))));
        }

        CheckReader.Validate(source.Key, checks, schema, _problems);
        _facts[source.Key] = new RelationFacts(source.Key.Name, rows, columns);
        _assets[source.Key] = new CompiledAsset(
            new WantedAsset
            {
                Build = build,
                TaskKind = LoadTask.Kind,
                Definition = StoredDefinition.Of(source.File, source.Text),
                Schema = schema,
                TimeColumn = source.TimeColumn,
                Files = [],
                Asks = source.Place is null ? null : source.Type,
            },
            source, checks, null);
        BindExpressions(source.Key, schema, checks);
    }

    private void Compile(TableDefinition table, QueryOutline outline, IReadOnlyList<AssetKey> parents)
    {
        var facts = parents.Select(p => _facts[p]).ToDictionary(f => f.Name);
        var values = outline.Variables.Where(_variables.ContainsKey).Order(StringComparer.Ordinal).Select(v => $"{v}={_variables[v]}");
        var key = Fingerprint.Of(
            [DuckDatabase.PinnedVersion, Revision(QueryAnalyzer.Revision), table.Sql, .. values, .. parents.Order().Select(p => _facts[p].All.Text)]);
        if ((cache.Analysis(key) ?? Analyze(table, parents, facts, key)) is not var (schema, analysis))
            return;

        var checks = CheckReader.Read(table.Checks, _problems);
        CheckReader.Validate(table.Key, checks, schema, _problems);
        ValidateTime(table, schema, parents);
        if (table.Kind == TableKind.View)
        {
            _problems.AddRange(checks.Where(c => c.Effect == CheckEffect.Quarantine).Select(c => new Problem(
                "view-check", $"Check '{c.Id}' quarantines rows, but {table.Key.Name} is a view and stores none. Put the check on a table that is stored, or use on_fail: warn.", c.File, c.Line)));
        }

        var rows = Fingerprint.Of([analysis.Rows.Text, .. DataTexts(checks)]);
        var columns = schema.Columns.Zip(analysis.Columns, (c, o) => new ColumnFacts(c.Name, c.Type, o.Fingerprint)).ToList();
        _facts[table.Key] = new RelationFacts(table.Key.Name, rows, columns);
        _assets[table.Key] = new CompiledAsset(
            new WantedAsset
            {
                Build = new Build(table.Key, Fingerprint.Of(
                    ["table", Revision(TableRevision), table.Key.Name, table.Kind.ToString(), table.TimeColumn, table.TimeColumn is null ? null : table.Interval.Word(),
                        Revision(table.ReadsBack), table.Start?.ToString("O"), rows.Text, .. columns.SelectMany(c => new[] { c.Name, c.Type.Sql, c.Fingerprint.Text })])),
                TaskKind = table.Kind == TableKind.View ? null : TableTask.Kind,
                Definition = StoredDefinition.Of(table.File, table.Text),
                Parents = parents,
                Schema = schema,
                TimeColumn = table.TimeColumn,
                Incremental = table.Kind == TableKind.Incremental ? new IncrementalKind(table.Interval, table.ReadsBack, table.Batch, table.Start) : null,
                ReadsAsOf = outline.Variables.Contains("as_of"),
                Detail = new JsonObject(outline.Variables.Where(_variables.ContainsKey).Select(v => KeyValuePair.Create(v, (JsonNode?)JsonValue.Create(_variables[v])))).ToJsonString(),
            },
            table, checks, analysis);
        BindExpressions(table.Key, schema, checks);
    }

    private void Compile(ModelDefinition model, IReadOnlyList<AssetKey> parents)
    {
        if (parents is not [var data] || !_assets.TryGetValue(data, out var read))
        {
            ModelPlan.CheckAlone(model, _problems);
            return;
        }

        if (ModelPlan.Bind(model, read.Wanted.Schema, _problems) is not { } plan)
            return;
        var facts = _facts[data];
        var columns = plan.Columns.Select(name => facts.Columns.First(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        _assets[model.Key] = new CompiledAsset(
            new WantedAsset
            {
                Build = new Build(model.Key, Fingerprint.Of(
                    ["model", Revision(ModelRevision), model.Key.Name, facts.Rows.Text, .. plan.DataTexts, .. columns.SelectMany(c => new[] { c.Name, c.Type.Sql, c.Fingerprint.Text })])),
                TaskKind = ModelTask.Kind,
                Definition = StoredDefinition.Of(model.File, model.Text),
                Parents = parents,
                Schema = new Schema([]),
                Trained = new TrainedKind(plan.Gates, null),
            },
            model, [], null)
        {
            Model = plan,
        };
    }

    private void Compile(EndpointDefinition endpoint, IReadOnlyList<AssetKey> parents)
    {
        if (endpoint.Labels is { } labels)
        {
            var truth = _assets.Values.FirstOrDefault(a => a.Wanted.Key.Kind.IsRelation() && a.Wanted.Key.Name == labels.Table);
            if (truth is null && files.Assets.All(a => a.Name != labels.Table || !a.Kind.IsRelation()))
                Report(endpoint, "unknown-asset", "table", $"'labels' reads '{labels.Table}', which is no table of the project.{Suggestion.Sentence(labels.Table, _facts.Keys.Select(k => k.Name))}");
            if (truth?.Wanted.Schema.Find(labels.Label) is { } label && !label.Type.IsNumeric && label.Type != DataType.Boolean)
                Report(endpoint, "bad-label", "label", $"The label '{label.Name}' of {labels.Table} is {label.Type}. The truth about a prediction is a number or a BOOLEAN.");
            if (labels.Matches == LabelRule.EventTime && truth?.Wanted.Schema.Find(labels.Key) is { } when && !when.Type.IsTime)
                Report(endpoint, "no-time", "key", $"'matches: event_time' compares moments, and the key '{when.Name}' of {labels.Table} is {when.Type}. Name a DATE or TIMESTAMP, or write matches: prediction_id.");
            foreach (var (key, column) in new[] { ("label", labels.Label), ("key", labels.Key) })
            {
                if (truth is { Wanted.Schema: var schema } && schema.Find(column) is null)
                    Report(endpoint, "unknown-column", key, $"'labels' reads the column '{column}', which {labels.Table} has not.{Suggestion.Sentence(column, schema.Names)} Its columns are: {string.Join(", ", schema.Names)}.");
            }
        }

        var monitor = endpoint.Monitor is { } watched ? MonitorRule.Read(watched, _problems) : null;
        var retrain = endpoint.Retrain is { } asked ? RetrainRule.Read(asked, _problems) : null;
        if (parents is not [var served] || !_assets.TryGetValue(served, out var model))
            return;
        if (monitor?.Metric is { } metric && Evaluation.WhyUnknown(metric, model.Model!.Definition.Task) is { } unknown)
            Report(endpoint, "unknown-metric", "metric", unknown);
        if (monitor?.Metric is not null && endpoint.Labels is null)
            Report(endpoint, "missing-key", "performance", "The performance cannot be measured without the truth. Say under 'labels' which table holds it, or take 'performance' out.");
        if (retrain is not null && retrain.On.Count > 0 && monitor is null)
            Report(endpoint, "missing-key", "retrain", "'retrain' waits for alerts, and nothing is watched. Write a 'monitor' section, or a schedule instead of 'on'.");
        _assets[endpoint.Key] = new CompiledAsset(
            new WantedAsset
            {
                Build = new Build(endpoint.Key, Fingerprint.Of("endpoint", Revision(EndpointRevision), endpoint.Key.Name, StoredDefinition.Of(endpoint.File, endpoint.Text).Hash)),
                TaskKind = null,
                Definition = StoredDefinition.Of(endpoint.File, endpoint.Text),
                Parents = parents,
                Schema = new Schema([]),
            },
            endpoint, [], null)
        {
            Monitor = monitor,
            Retrain = retrain,
        };
    }

    private void Report(AssetDefinition definition, string code, string key, string message) =>
        _problems.Add(new Problem(code, message, definition.File, LineOf(definition, key)));

    private static int LineOf(AssetDefinition definition, string key) =>
        DefinitionFile.LineOf(definition.Text, key);

    private (Schema Schema, QueryAnalysis Analysis)? Analyze(
        TableDefinition table, IReadOnlyList<AssetKey> parents, Dictionary<string, RelationFacts> facts, Fingerprint key)
    {
        var session = Session(parents);
        var literals = new Dictionary<string, string>(_variables);
        foreach (var name in RunVariables)
            literals[name] = SqlText.Literal(DateTimeOffset.UnixEpoch);
        Schema schema;
        try
        {
            schema = session.Describe(new SqlText(table.Sql).Bind(literals));
        }
        catch (DuckException e)
        {
            _problems.Add(new Problem("sql-binding", e.Message.Trim(), table.File, table.SqlLine + Math.Max(1, e.Line ?? 1) - 1));
            return null;
        }
        catch (FormatException e)
        {
            _problems.Add(new Problem("column-type", e.Message, table.File, table.SqlLine));
            return null;
        }

        _parser ??= new QueryParser();
        var analysis = QueryAnalyzer.Analyze(_parser.Parse(table.Sql).Query!, facts, _variables, [.. schema.Names]);
        cache.Keep(key, schema, analysis);
        return (schema, analysis);
    }

    private void ValidateTime(TableDefinition table, Schema schema, IReadOnlyList<AssetKey> parents)
    {
        if (table.TimeColumn is not { } name)
            return;
        if (schema.Find(name) is not { } column)
        {
            _problems.Add(new Problem(
                "unknown-column",
                $"'time_column' is '{name}', which the SQL does not give.{Suggestion.Sentence(name, schema.Names)} Its columns are: {string.Join(", ", schema.Names)}.",
                table.File,
                1));
        }
        else if (!column.Type.IsTime)
        {
            _problems.Add(new Problem("no-time", $"'time_column' is '{name}' of type {column.Type}. It has to be a DATE, a TIMESTAMP or a TIMESTAMP WITH TIME ZONE; cast it.", table.File, 1));
        }

        if (table.Kind == TableKind.Incremental && table.Start is null && !parents.Any(p => _assets[p].Wanted.TimeColumn is not null))
        {
            _problems.Add(new Problem(
                "no-start",
                $"{table.Key.Name} is incremental, but nothing that it reads has a time column ({string.Join(", ", parents.Select(p => p.Name))}), so nobody knows where time begins. Give 'start', for example start: 2024-01-01; or declare time_column in what it reads.",
                table.File,
                1));
        }
    }

    private void BindExpressions(AssetKey asset, Schema schema, IReadOnlyList<Check> checks)
    {
        foreach (var check in checks.OfType<RowCheck>())
        {
            var key = Fingerprint.Of(DuckDatabase.PinnedVersion, check.BreaksSql, schema.ToString());
            if (cache.IsSound(key) || check.Columns.Any(c => schema.Find(c) is null))
            {
                cache.KeepSound(key);
                continue;
            }

            if (WhyUnsound(check, schema) is { } reason)
            {
                _problems.Add(new Problem("check-binding", $"Check '{check.Id}' of {asset.Name} cannot be asked: {reason}", check.File, check.Line));
                continue;
            }

            var session = Session([asset], (asset, schema));
            try
            {
                session.Describe($"SELECT count(*) FILTER (WHERE {check.BreaksSql}) AS n FROM {SqlName.QuoteRelation(asset.Name)}");
                cache.KeepSound(key);
            }
            catch (DuckException e)
            {
                _problems.Add(new Problem("check-binding", $"Check '{check.Id}' of {asset.Name} cannot be asked: {e.Message.Split('\n')[0].Trim()}", check.File, check.Line));
            }
        }
    }

    /// <summary>What binding does not find: an expression that looks beyond its row, a bound that the column's type cannot read.</summary>
    private string? WhyUnsound(RowCheck check, Schema schema)
    {
        if (check is ExpressionCheck expression)
        {
            _parser ??= new QueryParser();
            var query = _parser.Parse($"SELECT ({expression.Sql}\n)").Query;
            return query?.Outline.Findings is [var finding, ..] ? finding.Message
                : query?.Relations is [var other, ..] ? $"it reads '{other}'. An expression looks at the columns of its own row; join the other rows in the table's SQL."
                : null;
        }

        foreach (var text in check.Texts)
        {
            var type = schema.Find(check.Columns[0])!.Type.Sql;
            using var result = Session([]).Query($"SELECT TRY_CAST({SqlName.Text(text)} AS {type}) IS NULL");
            if (result.Scalar() is true)
                return $"'{text}' is no {type}, which {check.Columns[0]} is.";
        }

        return null;
    }

    /// <summary>Answers the checks on lineage, and keeps an asset from being computed whose check blocks.</summary>
    private CompiledAsset Prove(CompiledProject project, CompiledAsset asset)
    {
        var found = new List<CheckRecord>();
        foreach (var check in asset.Checks.OfType<NotDerivedFromCheck>())
        {
            var unknown = check.Sources.FirstOrDefault(s => project.Find(s.Asset)?.Wanted.Schema.Find(s.Column) is null);
            if (unknown.Asset is not null)
            {
                var columns = project.Find(unknown.Asset)?.Wanted.Schema.Names;
                _problems.Add(new Problem(
                    "unknown-column",
                    $"Check '{check.Id}' names {unknown.Asset}.{unknown.Column}, which is not there. {(columns is null ? $"Assets are: {string.Join(", ", project.Assets.Keys.Select(k => k.Name))}" : $"{unknown.Asset} has: {string.Join(", ", columns)}")}.",
                    check.File,
                    check.Line));
                continue;
            }

            var offenders = Lineage.Offenders(project, asset, check);
            found.Add(new CheckRecord(check.Id, check.Effect.ToString().ToLowerInvariant(), offenders.Count == 0, 0, string.Join("; ", offenders)));
        }

        var obstacle = asset.Checks.OfType<NotDerivedFromCheck>().Zip(found)
            .Where(p => !p.Second.Passed && p.First.Effect == CheckEffect.Block)
            .Select(p => $"check '{p.First.Id}' ({p.First.File}:{p.First.Line}) says that {p.First.Rule}, but {p.Second.Note}").FirstOrDefault();
        return asset with { Wanted = asset.Wanted with { LineageChecks = found, Obstacle = obstacle } };
    }

    private SqlSession Session(IReadOnlyList<AssetKey> read, params ReadOnlySpan<(AssetKey Key, Schema Schema)> more)
    {
        _session ??= pool.Rent();
        foreach (var key in read)
        {
            if (_assets.TryGetValue(key, out var asset))
                _session.DefineEmpty(key.Name, asset.Wanted.Schema);
        }

        foreach (var (key, schema) in more)
            _session.DefineEmpty(key.Name, schema);
        return _session;
    }

    private static IEnumerable<string> DataTexts(IReadOnlyList<Check> checks) => checks.Select(c => c.DataText).OfType<string>().Order(StringComparer.Ordinal);

    private static int LineOf(TableDefinition table, string word)
    {
        var lines = table.Sql.Split('\n');
        var at = Array.FindIndex(lines, l => l.Contains(word, StringComparison.OrdinalIgnoreCase));
        return table.SqlLine + Math.Max(0, at);
    }

    private static string Revision(int revision) => revision.ToString(CultureInfo.InvariantCulture);

    /// <summary>A variable's value as SQL. A number has no zeros before it: <c>01234</c> is a text, such as a postal code.</summary>
    internal static string Literal(string value) => value is "true" or "false" || Number().IsMatch(value) ? value : SqlName.Text(value);

    [GeneratedRegex(@"^[+-]?(0|[1-9][0-9]*)?(?<=[0-9])(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?\z|^[+-]?0?\.[0-9]+([eE][+-]?[0-9]{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
