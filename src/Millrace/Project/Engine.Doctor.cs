using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;

namespace Millrace.Project;

/// <summary>One thing that a doctor looked at.</summary>
public sealed record DoctorFinding(string Name, bool IsGood, string Message);

public sealed partial class Engine
{
    /// <summary>Looks at everything that a project stands on: engines, disk, the ledger's chain, the released tables.</summary>
    public IReadOnlyList<DoctorFinding> Doctor()
    {
        var findings = DoctorOutside().ToList();
        findings.Add(new DoctorFinding("project", true, $"{Project.Files.Name}: {Project.Assets.Count.ToString(CultureInfo.InvariantCulture)} assets in {Project.Files.Folder}, without problems"));
        findings.Add(Disk());
        findings.Add(Ledger.FindBrokenLink() is { } broken
            ? new DoctorFinding("ledger", false, $"{broken} The history in {Home.LedgerPath} is not what was written; restore the file from a copy.")
            : new DoctorFinding("ledger", true, string.Create(CultureInfo.InvariantCulture, $"the chain of events is whole ({Home.LedgerPath})")));
        foreach (var environment in Ledger.Environments())
        {
            var bad = new List<string>();
            var versions = Ledger.StandingVersions(environment).Values.Where(v => v.Id.Asset.Kind.IsRelation()).ToList();
            foreach (var version in versions)
            {
                try
                {
                    var folder = Home.TableFolder(version.Id.Build);
                    var gone = new LakeTable(folder).Read(version.Id.Number, version.EntryHash).Files.FirstOrDefault(f => !File.Exists(Path.Combine(folder, Uri.UnescapeDataString(f.Path))));
                    if (gone is not null)
                        bad.Add($"{version.Id.Asset.Name}: the data file {gone.Path} is gone from {folder}. Restore it from a copy, or go back to a sound release with 'millrace rollback'.");
                }
                catch (Exception e) when (e is LakeException or IOException)
                {
                    bad.Add($"{version.Id.Asset.Name}: {e.Message}");
                }
            }

            findings.Add(new DoctorFinding(
                $"tables of {environment}",
                bad.Count == 0,
                bad.Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"{versions.Count} released tables are readable") : string.Join(" ", bad)));
        }

        if (Directory.Exists(Home.LandingFolder))
            findings.Add(DoctorLandings());
        if (Ledger.Models().Count > 0)
            findings.Add(DoctorModels());
        findings.AddRange(Ledger.Environments().SelectMany(e => Ledger.Pointers(e).Keys).Where(k => k.Kind == AssetKind.Endpoint).Distinct().Order().Select(DoctorEndpoint));
        return findings;
    }

    /// <summary>Looks at the program itself, without a project.</summary>
    public static IReadOnlyList<DoctorFinding> DoctorOutside()
    {
        var findings = new List<DoctorFinding>
        {
            new("millrace", true, string.Create(CultureInfo.InvariantCulture, $"{typeof(Engine).Assembly.GetName().Version?.ToString(3)} on .NET {System.Environment.Version}, {RuntimeInformation.RuntimeIdentifier}, {System.Environment.ProcessorCount} cores")),
        };
        try
        {
            using var database = DuckDatabase.Open();
            using var connection = database.Connect();
            findings.Add(new DoctorFinding("duckdb", connection.Query("SELECT 42").Scalar() is 42, $"{DuckDatabase.Version} answers"));
        }
        catch (Exception e) when (e is DuckException or DllNotFoundException or InvalidOperationException or TypeInitializationException)
        {
            findings.Add(new DoctorFinding("duckdb", false, (e.InnerException ?? e).Message));
        }

        return findings;
    }

    /// <summary>Reads every version's files, whose hashes the ledger knows.</summary>
    private DoctorFinding DoctorModels()
    {
        var (bad, count) = (new List<string>(), 0);
        foreach (var version in Ledger.Models().SelectMany(Registry.Versions))
        {
            count++;
            try
            {
                Registry.Onnx(Registry.Read(version));
            }
            catch (Exception e) when (e is InvalidDataException or IOException or System.Text.Json.JsonException)
            {
                bad.Add(string.Create(CultureInfo.InvariantCulture, $"{version.Id.Asset.Name}@{version.Id.Number}: {e.Message}"));
            }
        }

        return new DoctorFinding(
            "models", bad.Count == 0, bad.Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"the files of {count} model versions are what was registered") : string.Join(" ", bad));
    }

    /// <summary>Reads what an endpoint answered, and what was measured of it.</summary>
    private DoctorFinding DoctorEndpoint(AssetKey endpoint)
    {
        var name = $"journals of {endpoint.Name}";
        try
        {
            using var session = _pool.Rent();
            var counts = JournalsOf(endpoint.Name).Select(j => (long)session.Connection.Query($"SELECT count(*) FROM ({JournalOf(session, endpoint.Name, j).Sql})").Scalar()!).ToList();
            return new DoctorFinding(
                name, true, string.Create(CultureInfo.InvariantCulture, $"{counts[0]} predictions, {counts[1]} measures of drift and {counts[2]} of quality are readable"));
        }
        catch (Exception e) when (e is LakeException or IOException or DuckException or InvalidDataException)
        {
            return new DoctorFinding(name, false, $"{e.Message.TrimEnd()} Restore {Path.Combine(Home.Folder, "predictions", endpoint.Name)} and {Path.Combine(Home.Folder, "lake")} from a copy.");
        }
    }

    private DoctorFinding Disk()
    {
        const long Least = 1L << 30;
        var free = new DriveInfo(Home.Folder).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GB free where {Home.Folder} lies");
        return new DoctorFinding("disk", free >= Least, free >= Least ? text : text + ". Make room: runs need space for staged files and spilling.");
    }
}
