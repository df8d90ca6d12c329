using System.Globalization;

namespace Millrace.Sql;

/// <summary>How engines of a pool are opened.</summary>
public sealed record SqlSettings
{
    /// <summary>The share of this process's memory that all sessions take together, unless <see cref="MemoryLimitBytes"/> is set.</summary>
    public const double MemoryShare = 0.6;

    /// <summary>What every engine is opened with: no extension comes by itself, no secret stays, and time is UTC.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Sealed = new Dictionary<string, string>
    {
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
        ["allow_community_extensions"] = "false",
        ["allow_persistent_secrets"] = "false",
        ["TimeZone"] = "UTC",
    };

    /// <summary>Threads of one session. Default: one per core, shared evenly between the sessions.</summary>
    public int? Threads { get; init; }

    /// <summary>Sessions that are expected to work at the same time; they share memory and cores evenly. At least 1.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>The memory of one session, in bytes. Default: <see cref="MemoryShare"/> by <see cref="Sessions"/>.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>The folder that work spills to when it does not fit into memory. It is created when first needed.</summary>
    public required string TempDirectory { get; init; }

    /// <summary>The most that one session spills, in bytes. Default: 90 percent of the free disk, the engine's own rule.</summary>
    public long? MaxTempDirectoryBytes { get; init; }

    internal Dictionary<string, string> ToEngine()
    {
        var sessions = Math.Max(1, Sessions);
        var memory = MemoryLimitBytes ?? (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * MemoryShare / sessions);
        var settings = new Dictionary<string, string>(Sealed)
        {
            ["threads"] = (Threads ?? Math.Max(1, Environment.ProcessorCount / sessions)).ToString(CultureInfo.InvariantCulture),
            ["memory_limit"] = Bytes(memory),
            ["temp_directory"] = TempDirectory,
        };
        if (MaxTempDirectoryBytes is { } most)
            settings["max_temp_directory_size"] = Bytes(most);
        return settings;
    }

    private static string Bytes(long bytes) => (bytes / (1024 * 1024)).ToString(CultureInfo.InvariantCulture) + "MiB";
}
