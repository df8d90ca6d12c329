using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>The small engine instance that reads and writes checkpoints. It opens on first use: a table without a checkpoint needs
/// none.</summary>
internal static class LogEngine
{
    private static readonly Lazy<DuckDatabase> Database = new(() => DuckDatabase.Open(new Dictionary<string, string>
    {
        ["threads"] = "1",
        ["memory_limit"] = "1GB",
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
        ["allow_community_extensions"] = "false",
    }));

    public static DuckConnection Connect()
    {
        var connection = Database.Value.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        return connection;
    }
}
