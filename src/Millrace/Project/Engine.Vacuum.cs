using System.Globalization;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Project;

/// <summary>What vacuum found in the table of one build.</summary>
/// <param name="Build">The build.</param>
/// <param name="Folder">The table's folder.</param>
/// <param name="Report">What was, or would be, deleted, and who holds what stays.</param>
public sealed record VacuumView(Build Build, string Folder, VacuumReport Report);

/// <summary>Two versions of one asset, compared.</summary>
/// <param name="Before">The first.</param>
/// <param name="After">The second.</param>
/// <param name="Diff">What differs.</param>
public sealed record DiffView(AssetVersion Before, AssetVersion After, TableDiff Diff);

public sealed partial class Engine
{
    /// <summary>Deletes files of an asset's tables that nothing points at any more, of every build that the home has.</summary>
    /// <remarks>
    /// Held are: what any environment's pointers and releases name; the inputs of every model version, so that it can be verified; the
    /// newest
    /// version of each build; and every version that is younger than the retention. Nothing runs meanwhile: the home is taken for it.
    /// </remarks>
    /// <param name="name">The asset's name.</param>
    /// <param name="retention">How long a file stays after nothing points at it; null is the table's own, 7 days.</param>
    /// <param name="releases">How many of the newest releases of each environment hold their versions, beside those younger than the
    /// retention and the
    /// current pointers; null is all. A release beyond them cannot be gone back to.</param>
    /// <param name="isDryRun">True only tells what would go.</param>
    /// <param name="cancellationToken">Ends the wait for the home.</param>
    public IReadOnlyList<VacuumView> Vacuum(string name, TimeSpan? retention, long? releases, bool isDryRun,
        CancellationToken cancellationToken)
    {
        var asset = PointerOf(name).Asset;
        using var held = Home.Lock("vacuum", _options.Waiting ?? (_ => { }), cancellationToken);
        var now = _options.Clock.GetUtcNow();
        var kept = retention ?? TimeSpan.FromDays(7);
        var pins = Pins(asset, now - kept, releases).ToLookup(p => p.Version.Build, p => new VersionPin(p.Version.Number, p.Holder));
        var views = new List<VacuumView>();
        var tables = Path.GetDirectoryName(Home.TableFolder(PointerOf(name).Version.Build))!;
        foreach (var folder in (Directory.Exists(tables) ? Directory.GetDirectories(tables) : []).Order(StringComparer.Ordinal))
        {
            var build = new Build(asset, new Fingerprint(Path.GetFileName(folder)));
            var table = new LakeTable(folder);
            if (!table.Exists)
                continue;
            var versions = Ledger.Versions(build);
            var released = Ledger.Environments().SelectMany(e => Ledger.Pointers(e).Values).Where(p =>
                p.Version.Build == build).Select(p => p.Version.Number).ToList();
            var own = versions.Where(v => v.Committed >= now - kept).Select(v =>
                new VersionPin(v.Id.Number, "versions younger than the retention"))
                .Concat(versions.Where(v => released.Exists(r => v.Id.Number > r)).Select(v =>
                    new VersionPin(v.Id.Number, "the next run, which may take the version over")));
            var newest = versions.TakeLast(1).Select(v => new VersionPin(v.Id.Number, "the newest version of its build"));
            views.Add(new VacuumView(build, folder, table.Vacuum(new VacuumOptions
            {
                Now = now, Retention = retention, IsDryRun = isDryRun, Pins = [.. own, .. newest, .. pins[build]],
            })));
        }

        return views;
    }

    /// <summary>Compares two versions of an asset's released build, row by row.</summary>
    /// <param name="name">The asset's name.</param>
    /// <param name="before">A version that the ledger names.</param>
    /// <param name="after">Another one; null is the released one.</param>
    /// <param name="keys">By which columns rows are matched; none takes the asset's <c>unique</c> check, or else compares whole
    /// rows.</param>
    /// <param name="samples">Rows of each kind to show.</param>
    public DiffView Diff(string name, long before, long? after, IReadOnlyList<string> keys, int samples)
    {
        var pointer = PointerOf(name);
        var build = pointer.Version.Build;
        var set = Ledger.Versions(build);
        if (set.Count == 0)
            throw new EngineException($"'{name}' is a view: it has no versions of its own. Compare what it reads.");
        var (one, two) = (Snapshot(before), Snapshot(after ?? pointer.Version.Number));
        if (keys.Count == 0 && Project.Find(name)?.Checks.OfType<UniqueCheck>().FirstOrDefault() is { } unique
            && unique.Key.All(k => one.Schema.Find(k) is { } column && column.Type == two.Schema.Find(k)?.Type))
            keys = unique.Key;
        using var session = _pool.Rent();
        return new DiffView(new AssetVersion(build, one.Version), new AssetVersion(build, two.Version),
            TableDiff.Of(session.Connection, one, two, keys, samples));

        Snapshot Snapshot(long number)
        {
            var record = set.FirstOrDefault(v => v.Id.Number == number) ?? throw new EngineException(string.Create(
                CultureInfo.InvariantCulture, $"'{name}' has no version {number}. Its versions are: "
                    + $"{string.Join(", ", set.Select(v => v.Id.Number))}."));
            return new LakeTable(Home.TableFolder(build)).Read(number, record.EntryHash);
        }
    }

    /// <summary>Who points at which versions of an asset.</summary>
    private IEnumerable<(AssetVersion Version, string Holder)> Pins(AssetKey asset, DateTimeOffset limit, long? releases)
    {
        foreach (var environment in Ledger.Environments())
        {
            if (Ledger.Pointers(environment).TryGetValue(asset, out var current))
                yield return (current.Version, $"'{environment}', which has it released");
            var number = 0L;
            foreach (var release in Ledger.Releases(environment, int.MaxValue))
            {
                if (++number > (releases ?? long.MaxValue) && release.At < limit)
                    continue;
                foreach (var pointer in Ledger.PointersAt(environment, release.Id).Values.Where(p => p.Asset == asset))
                    yield return (pointer.Version, string.Create(CultureInfo.InvariantCulture, $"release {release.Id} of '{environment}'"));
            }
        }

        foreach (var version in Ledger.Models().SelectMany(Ledger.ModelVersions))
        {
            foreach (var input in version.Inputs.Where(i => i.Asset == asset))
                yield return (input, string.Create(CultureInfo.InvariantCulture,
                    $"model {version.Id.Asset.Name}@{version.Id.Number}, which was trained on it"));
        }
    }
}
