using System.Diagnostics;

namespace Millrace.Tests.Lake;

/// <summary>The tables that other programs wrote, unpacked once. The variable MILLRACE_CONFORMANCE names the folder that holds them.</summary>
public sealed class DeltaTables : IDisposable
{
    private readonly string _unpacked = Path.Combine(Path.GetTempPath(), "millrace-delta-" + Guid.NewGuid().ToString("N"));
    private readonly Lazy<IReadOnlyDictionary<string, string>> _tables;

    public DeltaTables() => _tables = new Lazy<IReadOnlyDictionary<string, string>>(Find);

    /// <summary>The folder of each table by its name: the set, and the path in it.</summary>
    public IReadOnlyDictionary<string, string> All => _tables.Value;

    /// <summary>The folder of one table, for tests about it alone.</summary>
    public string this[string name] => All[name];

    /// <summary>The folder with a table's expected rows, or null.</summary>
    public static string? Expected(string table)
    {
        var folder = Path.Combine(Path.GetDirectoryName(table)!, "expected");
        return Path.GetFileName(table) == "delta" && Directory.Exists(folder) ? folder : null;
    }

    public void Dispose()
    {
        if (Directory.Exists(_unpacked))
            Directory.Delete(_unpacked, recursive: true);
    }

    private Dictionary<string, string> Find()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of tables that other programs wrote.");
        var kernel = Path.Combine(root, "delta-kernel-rs", "kernel", "tests");
        var tables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (set, folder) in new[] { ("golden", Path.Combine(kernel, "golden_data")), ("data", Path.Combine(kernel, "data")) })
        {
            foreach (var archive in Directory.EnumerateFiles(folder, "*.tar.zst").Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(archive)[..^".tar.zst".Length];
                AddAll(tables, $"{set}/{name}", Unpack(archive, Path.Combine(_unpacked, set, name)));
            }

            AddAll(tables, set, folder);
        }

        AddAll(tables, "delta-rs", Path.Combine(root, "delta-rs-testdata", "crates", "test", "tests", "data"));
        return tables;
    }

    private static string Unpack(string archive, string folder)
    {
        Directory.CreateDirectory(folder);
        using var unpack = Process.Start(new ProcessStartInfo("sh", ["-c", $"zstd -dc '{archive}' | tar -x -C '{folder}' 2>/dev/null"]))!;
        unpack.WaitForExit();
        Assert.SkipWhen(unpack.ExitCode != 0, "The programs zstd and tar, which unpack the tables, are not installed.");
        return folder;
    }

    private static void AddAll(Dictionary<string, string> tables, string set, string folder)
    {
        var logs = Directory.EnumerateDirectories(folder, "_delta_log", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        if (logs.Count == 0 && set.StartsWith("golden/", StringComparison.Ordinal))
            tables[set] = Path.Combine(folder, Path.GetFileName(folder));
        foreach (var table in logs.Select(l => Path.GetDirectoryName(l)!))
        {
            var parts = Path.GetRelativePath(folder, table).Split('/').Where(p => p is not "delta").ToList();
            if (parts.Count > 0 && parts[0] == set.Split('/')[^1])
                parts.RemoveAt(0);
            tables[string.Join('/', [set, .. parts])] = table;
        }
    }
}
