using System.Globalization;
using System.Runtime.InteropServices;
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
            var versions = Ledger.StandingVersions(environment).Values;
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
                bad.Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"{versions.Count()} released tables are readable") : string.Join(" ", bad)));
        }

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

    private DoctorFinding Disk()
    {
        const long Least = 1L << 30;
        var free = new DriveInfo(Home.Folder).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GB free where {Home.Folder} lies");
        return new DoctorFinding("disk", free >= Least, free >= Least ? text : text + ". Make room: runs need space for staged files and spilling.");
    }
}
