using Millrace.Assets;
using Millrace.Governance;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Plans;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Serving;
using Millrace.Sources;
using Millrace.Sql;
using Millrace.Tracking;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>How a project is opened.</summary>
public sealed record EngineOptions
{
    /// <summary>The folder that holds <c>millrace.yaml</c>.</summary>
    public required string ProjectFolder { get; init; }

    /// <summary>The folder for state; <c>.millrace</c> in the project when null.</summary>
    public string? HomeFolder { get; init; }

    /// <summary>The environment; the project's first when null.</summary>
    public string? Environment { get; init; }

    /// <summary>True: the project is what the environment's release says, whatever lies in the folder. A server and its schedules open it so.</summary>
    public bool AsReleased { get; init; }

    /// <summary>Where <c>${env:NAME}</c> gets its values from.</summary>
    public Func<string, string?> Variable { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Where time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Told every moment of a run, from the workers' threads.</summary>
    public Action<RunMoment>? Observe { get; init; }

    /// <summary>Told who holds the home, when a run has to wait for it.</summary>
    public Action<string>? Waiting { get; init; }

    /// <summary>Assets computed at the same time; the number of cores when null.</summary>
    public int? Workers { get; init; }
}

/// <summary>What a plan or a run is asked for.</summary>
public sealed record RunRequest
{
    /// <summary>Which assets may move, as <see cref="AssetSelector"/> reads it; all when null.</summary>
    public string? Select { get; init; }

    /// <summary>The clock to compute by; event time at or after it waits.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>The hash of the one plan that may be applied; any when null.</summary>
    public string? PlanHash { get; init; }

    /// <summary>Models of which a new version is asked for though one stands: why, for people, by model.</summary>
    public IReadOnlyDictionary<AssetKey, string> Retrain { get; init; } = new Dictionary<AssetKey, string>();

    /// <summary>True: run what is released, whatever lies in the project's folder. Schedules and policies do so.</summary>
    public bool AsReleased { get; init; }
}

/// <summary>Thrown when what was asked cannot be done with what stands; the message says what would work.</summary>
public sealed class EngineException(string message) : Exception(message)
{
    /// <summary>True when the words asked for something that does not exist: an asset, a column, a release.</summary>
    public bool IsMistake { get; init; }
}

/// <summary>The door to a project that programs open: plan, run, query, look, roll back.</summary>
public sealed partial class Engine : IDisposable
{
    /// <summary>Fewer digits of a plan's hash could be met by chance.</summary>
    private const int LeastPlanDigits = 8;

    private readonly EngineOptions _options;
    private readonly SqlSessionPool _pool;
    private readonly SourceFolder _sourceFolder;
    private readonly int _workers;
    private readonly Lazy<TrackingStore> _tracking;

    private Engine(EngineOptions options, ProjectFiles files, Home home, Ledger.Ledger ledger, string environment)
    {
        _options = options;
        _workers = options.Workers ?? System.Environment.ProcessorCount;
        _pool = new SqlSessionPool(new SqlSettings { TempDirectory = home.TempFolder, Sessions = _workers, Threads = System.Environment.ProcessorCount });
        _sourceFolder = new SourceFolder(files.Folder, home.CacheFolder);
        (Home, Ledger, Environment) = (home, ledger, environment);
        _tracking = new Lazy<TrackingStore>(() => TrackingStore.Open(home.TrackingPath, options.Clock));
        Registry = new ModelRegistry(ledger, new ArtifactStore(home.ArtifactFolder));
        Project = Compile(options.AsReleased ? ReleasedFiles(files, ledger.Pointers(environment)) : files);
    }

    /// <summary>The project as its folder says.</summary>
    public CompiledProject Project { get; }

    /// <summary>The environment that this engine reads and moves.</summary>
    public string Environment { get; }

    /// <summary>Where state lies.</summary>
    public Home Home { get; }

    /// <summary>What happened and what stands.</summary>
    public Ledger.Ledger Ledger { get; }

    /// <summary>The versions of models.</summary>
    public ModelRegistry Registry { get; }

    /// <summary>What was tried.</summary>
    public TrackingStore Tracking => _tracking.Value;

    /// <summary>Opens a project.</summary>
    /// <exception cref="ProblemException">The project has mistakes; all of them are in it.</exception>
    /// <exception cref="InvalidDataException">A newer Millrace wrote the state.</exception>
    public static Engine Open(EngineOptions options)
    {
        var files = ProjectFolder.Read(options.ProjectFolder);
        if (files.Problems.Any(p => p.Code == "no-project"))
            throw new ProblemException(files.Problems);

        var environment = options.Environment ?? files.Environments[0].Name;
        if (files.Environments.All(e => e.Name != environment))
            throw new ProblemException([new Problem(
                "unknown-environment",
                $"There is no environment '{environment}'. The project has: {string.Join(", ", files.Environments.Select(e => e.Name))}.",
                ProjectDefinitionReader.FileName,
                1)]);

        var home = Home.Open(options.HomeFolder ?? Path.Combine(files.Folder, ".millrace"));
        var ledger = Millrace.Ledger.Ledger.Open(home.LedgerPath, options.Clock);
        try
        {
            return new Engine(options, files, home, ledger, environment);
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <summary>The difference between the project and the environment. Nothing is computed and nothing moves.</summary>
    public Plan Plan(RunRequest request)
    {
        var work = Prepare(request);
        return work.Planner.Plan(work.IsSelected);
    }

    /// <summary>Plans and applies. Waits for the home while another run holds it.</summary>
    /// <exception cref="EngineException">The environment is protected, or the plan is not the one that was asked for.</exception>
    /// <exception cref="OperationCanceledException">Nothing was released; what was committed is taken over by the next run.</exception>
    public RunResult Run(RunRequest request, CancellationToken cancellationToken)
    {
        using var held = Home.Lock("run", _options.Waiting ?? (_ => { }), cancellationToken);
        using var log = new RunLog(Home.LogFolder, _options.Clock);
        Work? work = null;
        var kinds = new ITaskKind[]
        {
            new LoadTask(_pool, Home, _sourceFolder, key => ((SourceDefinition)work!.Project.Assets[key].Definition, work.Project.Assets[key].Checks), _options.Clock, _options.Variable),
            new ReplayTask(_pool, Home, _ => throw new InvalidOperationException("A run replays nothing.")),
            new TableTask(_pool, Home, key => SpecOf(work!.Project, key)),
            new ModelTask(_pool, Home, Registry, Tracking, Ledger, key => ModelSpecOf(work!, key)),
        };
        var runner = new Runner(Ledger, kinds, _workers, _options.Clock, moment =>
        {
            log.Write(moment);
            _options.Observe?.Invoke(moment);
        });
        var adopted = runner.Recover();
        CleanLandings();
        work = Prepare(request);
        var plan = work.Planner.Plan(work.IsSelected);
        Approve(request, plan);
        return runner.Run(work.Planner, plan, work.IsSelected, adopted, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        if (_tracking.IsValueCreated)
            _tracking.Value.Dispose();
        Ledger.Dispose();
    }

    private void Approve(RunRequest request, Plan plan)
    {
        if (request.PlanHash is { Length: < LeastPlanDigits } few)
            throw new EngineException($"'{few}' does not name one plan. Give at least the first {LeastPlanDigits} digits of its hash, as 'millrace plan' shows them.");
        if (request.PlanHash is { } asked && !plan.Hash.Text.StartsWith(asked, StringComparison.Ordinal))
            throw new EngineException($"The plan is {plan.Hash.Short} now and not {asked}: project, sources or environment changed since. Look at it again with 'millrace plan'.");
        if (request.PlanHash is null && plan.ChangesDefinitions && Project.Files.Environments.First(e => e.Name == Environment).IsProtected)
        {
            throw new EngineException(
                $"The environment '{Environment}' is protected, and this plan changes definitions in it. Look at it with 'millrace plan --env {Environment}', then apply exactly it with 'millrace run --env {Environment} --plan {plan.Hash.Short}'.");
        }
    }

    private CompiledProject Compile(ProjectFiles files)
    {
        using var compiler = new ProjectCompiler(files, new CompileCache(Path.Combine(Home.CacheFolder, "compiled.json")), _pool, StandingSchema);
        return compiler.Compile();
    }

    /// <summary>The columns of the version of a build that stands in the environment; null when none does.</summary>
    private Schema? StandingSchema(Build build) =>
        Ledger.Pointers(Environment).GetValueOrDefault(build.Asset) is { } pointer && pointer.Version.Build == build
            && Ledger.Version(pointer.Version) is { } version
                ? new LakeTable(Home.TableFolder(build)).Read(version.Id.Number, version.EntryHash).Schema
                : null;

    /// <summary>The project to plan with: definitions that a rollback rejected or that are not selected stand as they were released.</summary>
    private Work Prepare(RunRequest request)
    {
        var pointers = Ledger.Pointers(Environment);
        var rejections = Ledger.Rejections(Environment).ToLookup(r => r.Asset);
        var selected = request.Select is { } text ? AssetSelector.Select(Project.Graph, text) : null;
        bool IsSelected(AssetKey key) => selected is null || selected.Contains(key);

        var released = new Dictionary<AssetKey, AssetDefinition>();
        var notes = new Dictionary<AssetKey, string>();
        var obstacles = new Dictionary<AssetKey, string>();
        foreach (var definition in request.AsReleased ? [] : Project.Files.Definitions)
        {
            var hash = StoredDefinition.Of(definition.File, definition.Text).Hash;
            var pointer = pointers.GetValueOrDefault(definition.Key);

            // What stands was chosen, even if it was rejected once: someone went forward to it again.
            var rejected = pointer?.Definition == hash ? null : rejections[definition.Key].FirstOrDefault(r => r.Kind == Rejection.Definition && r.Value == hash);
            if (rejected is null && IsSelected(definition.Key))
                continue;
            if (pointer is not null && pointer.Definition != hash && Released(pointer) is { } stored)
                released[definition.Key] = stored;
            if (rejected is not null)
            {
                var way = $"Change {definition.File}, or run 'millrace resume {definition.Key.Name}'.";
                if (pointer is null)
                    obstacles[definition.Key] = FormattableString.Invariant($"release {rejected.Release} rolled its definition back. {way}");
                else
                    notes[definition.Key] = FormattableString.Invariant($"computed as released: release {rejected.Release} rolled the changed definition back. {way}");
            }
        }

        var project = request.AsReleased ? ReleasedProject(pointers) : Project;
        var kept = request.AsReleased ? [] : Kept(pointers, rejections, released.Values, notes);
        if (released.Count + kept.Count > 0)
            project = Compile(Project.Files.With([.. Project.Files.Definitions.Select(d => released.GetValueOrDefault(d.Key) ?? d), .. kept]));
        var standing = StandingOf(pointers);
        var assets = project.Assets.ToDictionary(a => a.Key, a =>
        {
            var wanted = a.Value.Wanted;
            if (pointers.GetValueOrDefault(a.Key)?.Version.Build != wanted.Build
                && rejections[a.Key].FirstOrDefault(r => r.Kind == Rejection.Build && r.Value == wanted.Build.Fingerprint.Text) is { } build)
            {
                var text = FormattableString.Invariant(
                    $"release {build.Release} rolled this build back. Change what it is computed from, or run 'millrace resume {a.Key.Name}'.");
                obstacles.TryAdd(a.Key, text);
                notes.TryAdd(a.Key, text);
            }

            var origins = rejections[a.Key].Where(r => r.Kind == Rejection.Origin && r.Value.StartsWith(wanted.Build.Fingerprint.Text + "/", StringComparison.Ordinal)).ToList();
            if (origins.Count > 0)
            {
                notes.TryAdd(a.Key, a.Key.Kind == AssetKind.Model
                    ? FormattableString.Invariant(
                        $"release {origins[^1].Release} took a version back, which is not trained again from the same rows until 'millrace resume {a.Key.Name}'. Policies wait for that, too.")
                    : FormattableString.Invariant(
                        $"release {origins[^1].Release} rolled back what it makes of its inputs. New inputs, a changed {a.Value.Definition.File} or 'millrace resume {a.Key.Name}' compute it again."));
            }

            var withFiles = a.Value.Definition is SourceDefinition source
                ? source.Place is null ? WithFiles(wanted, source, standing, rejections[a.Key].ToList()) : WithBatches(wanted, source, standing, rejections[a.Key].ToList())
                : wanted;
            return withFiles with
            {
                RejectedOrigins = origins.Select(r => new Fingerprint(r.Value[(wanted.Build.Fingerprint.Text.Length + 1)..])).ToHashSet(),
                Obstacle = withFiles.Obstacle ?? obstacles.GetValueOrDefault(a.Key),
                IsRejected = withFiles.Obstacle is null && obstacles.ContainsKey(a.Key),
                Note = notes.GetValueOrDefault(a.Key) ?? withFiles.Note,
                Trained = withFiles.Trained is { } trained ? trained with { Request = request.Retrain.GetValueOrDefault(a.Key) } : null,
            };
        });
        _sourceFolder.Save();
        var planner = new Planner(new WantedGraph(project.Graph, assets), standing, request.AsOf, _options.Clock.GetUtcNow());
        return new Work(project, planner, IsSelected);
    }

    /// <summary>
    /// Assets that the project dropped and that stand as they were released: a rollback rejected their removal, or a definition that stands as it was
    /// released reads them.
    /// </summary>
    private List<AssetDefinition> Kept(
        IReadOnlyDictionary<AssetKey, Pointer> pointers, ILookup<AssetKey, Rejection> rejections, IEnumerable<AssetDefinition> released, Dictionary<AssetKey, string> notes)
    {
        // Sources and tables share their names; models and endpoints have names of their own.
        static string Slot(AssetKey key) => key.Kind.IsRelation() ? key.Name : key.ToString();
        var known = Project.Files.Assets.Select(Slot).ToHashSet(StringComparer.Ordinal);
        var gone = pointers.Values.Where(p => !known.Contains(Slot(p.Asset))).ToDictionary(p => Slot(p.Asset));
        var kept = new List<AssetDefinition>();
        if (gone.Count == 0)
            return kept;

        var readers = new Queue<AssetDefinition>(released);
        foreach (var removal in rejections.SelectMany(r => r).Where(r => r.Kind == Rejection.Removal))
            Keep(Slot(removal.Asset), FormattableString.Invariant($"kept as released: release {removal.Release} rolled its removal back. To remove it, run 'millrace resume {removal.Asset.Name}'."));
        using var parser = new QueryParser();
        while (readers.TryDequeue(out var reader))
        {
            IReadOnlyList<string> read = reader switch
            {
                TableDefinition table => parser.Parse(table.Sql).Query?.Relations ?? [],
                ModelDefinition model => [model.Data],
                EndpointDefinition endpoint => [Slot(new AssetKey(AssetKind.Model, endpoint.Model))],
                _ => [],
            };
            foreach (var name in read)
                Keep(name, $"kept as released: {reader.Key.Title} stands as it was released and reads it.");
        }

        return kept;

        void Keep(string slot, string note)
        {
            if (!gone.Remove(slot, out var pointer) || Released(pointer) is not { } definition)
                return;
            kept.Add(definition);
            readers.Enqueue(definition);
            notes[pointer.Asset] = note;
        }
    }

    /// <summary>The project as the environment's release has it, whatever lies in the folder.</summary>
    private CompiledProject ReleasedProject(IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        var files = ReleasedFiles(Project.Files, pointers);
        var texts = Project.Files.Definitions.ToDictionary(d => d.Key, d => d.Text);
        return files.Definitions.Count() == texts.Count && files.Definitions.All(d => texts.GetValueOrDefault(d.Key) == d.Text) ? Project : Compile(files);
    }

    private ProjectFiles ReleasedFiles(ProjectFiles files, IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        var definitions = pointers.Values.Select(Released).OfType<AssetDefinition>().ToList();
        return files.With(definitions) with { Assets = [.. definitions.Select(d => d.Key)], Problems = [] };
    }

    private AssetDefinition? Released(Pointer pointer) =>
        Ledger.Definition(pointer.Definition) is { } stored ? ProjectFolder.ReadDefinition(stored.File, stored.Text) : null;

    private Standing StandingOf(IReadOnlyDictionary<AssetKey, Pointer> pointers)
    {
        // Versions never change once they are named; those of the pointers are read in one go.
        var known = new System.Collections.Concurrent.ConcurrentDictionary<AssetVersion, VersionRecord>(
            Ledger.StandingVersions(Environment).Values.Select(v => KeyValuePair.Create(v.Id, v)));
        return new Standing(Environment, pointers, Ledger.Versions, id =>
        {
            if (!known.TryGetValue(id, out var version) && Ledger.Version(id) is { } found)
                version = known.GetOrAdd(id, found);
            return version;
        });
    }

    /// <summary>The files that lie there, without those that a rollback rejected. Rows of files that are gone, or rejected in their new form, stay.</summary>
    private WantedAsset WithFiles(WantedAsset wanted, SourceDefinition source, Standing standing, List<Rejection> rejections)
    {
        var found = _sourceFolder.Find(source.Path!);
        var stands = standing.Pointers.TryGetValue(wanted.Key, out var pointer) && pointer.Version.Build == wanted.Build ? standing.Files(pointer.Version) : [];
        var rejected = found.Where(f => rejections.Any(r => r.Kind == Rejection.Batch && r.Value == f.Hash) && !stands.Any(s => s.Path == f.Path && s.Hash == f.Hash)).ToList();
        var files = found.Except(rejected).ToList();
        var paths = files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var gone = stands.Where(f => !paths.Contains(f.Path)).ToList();

        // The bytes of a file that is gone under another name are the same rows, not new ones.
        files.RemoveAll(f => stands.All(s => s.Path != f.Path) && gone.Any(g => g.Hash == f.Hash));
        files.AddRange(gone);
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));

        var twins = found.GroupBy(f => f.Hash).FirstOrDefault(g => g.Count() > 1);
        var note = (rejected.Count, gone.Count) switch
        {
            (0, 0) => twins is null ? null : $"{string.Join(" and ", twins.Select(f => f.Path))} hold the same bytes, and their rows count twice.",
            (0, 1) => $"{gone[0].Path} was loaded and is gone; its rows stay.",
            (0, _) => FormattableString.Invariant($"{gone.Count} loaded files are gone, {gone[0].Path} first; their rows stay."),
            _ => $"left out, as a rollback rejected it: {string.Join(", ", rejected.Select(r => r.Path))}. Change the file, or run 'millrace resume {wanted.Key.Name}'.",
        };
        if (LostWithout(wanted, source, files, standing) is { } obstacle)
            return wanted with { Files = files, Note = note, Obstacle = wanted.Obstacle ?? obstacle };
        return wanted with { Files = files, Note = note, RejectedBatches = rejections.Where(r => r.Kind == Rejection.Batch).Select(r => r.Value).ToHashSet(StringComparer.Ordinal) };
    }

    /// <summary>A changed definition loads everything again. What it would lose, because a file that stands is not there any more, keeps it from doing so.</summary>
    private static string? LostWithout(WantedAsset wanted, SourceDefinition source, List<SourceFile> files, Standing standing)
    {
        if (!standing.Pointers.TryGetValue(wanted.Key, out var pointer) || pointer.Version.Build == wanted.Build)
            return null;
        var lost = standing.Files(pointer.Version).Where(h => files.All(f => f.Path != h.Path && f.Hash != h.Hash)).Select(h => h.Path).ToList();
        if (lost.Count == 0)
            return null;
        var names = lost.Count <= 3 ? string.Join(", ", lost) : FormattableString.Invariant($"{lost[0]} and {lost.Count - 1} more");
        return $"{source.File} changed, so every file has to be loaded again, but {names} {(lost.Count == 1 ? "is" : "are")} not there as released: the rows would be lost. "
            + $"Put the {(lost.Count == 1 ? "file" : "files")} back, undo the change, or give the source a new name to start from what lies there.";
    }

    private TableSpec SpecOf(CompiledProject project, AssetKey key)
    {
        var variables = Variables(project);
        var views = project.Graph.Order
            .Where(k => project.Assets[k].Wanted.IsView && project.Graph.Ancestors(key).Contains(k))
            .Select(k => (project.Assets[k].Table!, project.Assets[k].Wanted.Schema)).ToList();
        return new TableSpec(project.Assets[key].Table!, project.Assets[key].Checks, variables, views);
    }

    private ModelSpec ModelSpecOf(Work work, AssetKey key)
    {
        var project = work.Project;
        var literals = Variables(project);
        literals["as_of"] = SqlText.Literal(work.Planner.AsOf);
        var views = project.Graph.Order
            .Where(k => k.Kind.IsRelation() && project.Assets[k].Wanted.IsView && project.Graph.Ancestors(key).Contains(k))
            .Select(k => new NamedSql(k.Name, new SqlText(project.Assets[k].Table!.Sql).Bind(literals))).ToList();
        return new ModelSpec(project.Assets[key].Model!, views);
    }

    private static Dictionary<string, string> Variables(CompiledProject project) =>
        project.Files.Variables.ToDictionary(v => v.Key, v => ProjectCompiler.Literal(v.Value));

    private sealed record Work(CompiledProject Project, Planner Planner, Func<AssetKey, bool> IsSelected);
}
