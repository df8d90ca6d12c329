using System.Globalization;
using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Runs;

/// <summary>The folder that holds a project's state: ledger, lake, logs. Every path below it is relative to it, so that it can be moved or copied.</summary>
public sealed class Home
{
    /// <summary>The state format that this Millrace writes.</summary>
    public const int Format = 1;

    private Home(string folder) => Folder = folder;

    /// <summary>Absolute path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The ledger's file.</summary>
    public string LedgerPath => Path.Combine(Folder, "ledger.db");

    /// <summary>The file of experiments and their runs.</summary>
    public string TrackingPath => Path.Combine(Folder, "tracking.db");

    /// <summary>Where models and other files lie by the hash of their bytes.</summary>
    public string ArtifactFolder => Path.Combine(Folder, "artifacts");

    /// <summary>Where engines may spill.</summary>
    public string TempFolder => Path.Combine(Folder, "tmp");

    /// <summary>Where run logs go, as JSON lines.</summary>
    public string LogFolder => Path.Combine(Folder, "logs");

    /// <summary>Where the raw records of loads from places outside lie.</summary>
    public string LandingFolder => Path.Combine(Folder, "landing");

    /// <summary>What can be computed again at any time; may be deleted.</summary>
    public string CacheFolder => Path.Combine(Folder, "cache");

    /// <summary>The folder of a build's table.</summary>
    public string TableFolder(Build build) => Path.Combine(Folder, "lake", build.Asset.Name, build.Fingerprint.Text);

    /// <summary>The folder of an asset's quarantine journal, which all its builds share.</summary>
    public string QuarantineFolder(AssetKey asset) => Path.Combine(Folder, "lake", asset.Name + "__quarantine", "journal");

    /// <summary>The folder of a journal: a table that only grows and that no environment points at, such as <c>demand__drift</c>.</summary>
    public string JournalFolder(string name) => Path.Combine(Folder, "lake", name, "journal");

    /// <summary>True when the folder holds a home.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, "format"));

    /// <summary>Opens a home, and makes it where there is none.</summary>
    /// <exception cref="InvalidDataException">Another state format: a newer Millrace wrote it.</exception>
    public static Home Open(string folder)
    {
        var home = new Home(Path.GetFullPath(folder));
        Directory.CreateDirectory(home.Folder);
        var marker = Path.Combine(home.Folder, "format");
        if (!File.Exists(marker))
        {
            // Two processes may do this at once: each moves a file of its own.
            var fresh = Path.Combine(home.Folder, "format." + Path.GetRandomFileName());
            File.WriteAllText(fresh, Format.ToString(CultureInfo.InvariantCulture) + "\n");
            File.Move(fresh, marker, overwrite: true);
        }

        var text = File.ReadAllText(marker).Trim();
        if (text != Format.ToString(CultureInfo.InvariantCulture))
            throw new InvalidDataException(
                $"The state in {home.Folder} has format '{text}', and this Millrace knows format {Format}. Use the Millrace that wrote it, or another --home.");
        return home;
    }

    /// <summary>Takes the home for one run. Ownership is a lock of the operating system: a process that dies lets go at once.</summary>
    /// <param name="waiting">Told once who holds it, such as <c>process 4711 (run)</c>, when it has to wait.</param>
    /// <param name="purpose">What the owner does, for others to read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public HomeLock Lock(string purpose, Action<string> waiting, CancellationToken cancellationToken)
    {
        var told = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileStream stream;
            try
            {
                stream = new FileStream(Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException) when (Directory.Exists(Folder))
            {
                if (!told)
                    waiting(OwnerText());
                told = true;
                cancellationToken.WaitHandle.WaitOne(50);
                continue;
            }

            return Own(stream, purpose);
        }
    }

    private HomeLock Own(FileStream stream, string purpose)
    {
        try
        {
            File.WriteAllText(OwnerPath, JsonSerializer.Serialize(new HomeOwner(Environment.ProcessId, purpose), HomeJson.Default.HomeOwner));
            return new HomeLock(stream, OwnerPath);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private string OwnerPath => Path.Combine(Folder, "owner.json");

    private string OwnerText()
    {
        try
        {
            var owner = JsonSerializer.Deserialize(File.ReadAllText(OwnerPath), HomeJson.Default.HomeOwner)!;
            return string.Create(CultureInfo.InvariantCulture, $"process {owner.ProcessId} ({owner.Purpose})");
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return "another process";
        }
    }
}

/// <summary>Holding a home; disposing lets go.</summary>
public sealed class HomeLock(FileStream stream, string ownerPath) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(ownerPath);
        stream.Dispose();
    }
}

internal sealed record HomeOwner(int ProcessId, string Purpose);

[System.Text.Json.Serialization.JsonSerializable(typeof(HomeOwner))]
internal sealed partial class HomeJson : System.Text.Json.Serialization.JsonSerializerContext;
