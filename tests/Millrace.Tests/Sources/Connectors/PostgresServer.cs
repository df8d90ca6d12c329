using System.Globalization;
using Npgsql;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>A PostgreSQL of the tests' own: data in a temporary folder, a free port of 127.0.0.1, and stopped at the end.</summary>
public sealed class PostgresServer : IDisposable
{
    public const string Secret = "s3cret-of-the-place";

    private readonly string? _folder;
    private readonly string? _bin;
    private Child? _server;

    public PostgresServer()
    {
        _bin = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(b => File.Exists(Path.Combine(b, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : null;
        if (_bin is null || (Environment.UserName == "root" && Child.Find("setpriv") is null))
        {
            Missing = "PostgreSQL is not installed (Debian: postgresql).";
            return;
        }

        _folder = Path.Combine(Path.GetTempPath(), "millrace-postgres-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_folder);
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, Secret);
        if (Environment.UserName == "root")
            Child.Run("chown", ["-R", "nobody", _folder]);
        var data = Path.Combine(_folder, "data");
        Run("initdb", "-D", data, "-U", "boss", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync");
        Start();
        Sql("CREATE DATABASE shop");
    }

    public string? Missing { get; }

    public int Port { get; private set; }

    public string Connection(string database) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database={database};Username=boss;Password={Secret};Pooling=false;Include Error Detail=true;Timeout=60;Command Timeout=300");

    /// <summary>A new, empty database; skips the test where PostgreSQL is not installed.</summary>
    public string NewDatabase()
    {
        if (Missing is not null)
            Assert.Skip(Missing);
        var name = "test_" + Guid.NewGuid().ToString("N");
        Sql($"CREATE DATABASE {name}");
        return name;
    }

    /// <summary>The lines of a definition's section that name a database here.</summary>
    public string Section(string database) => string.Create(
        CultureInfo.InvariantCulture,
        $"postgres:\n  host: 127.0.0.1\n  port: {Port}\n  database: {database}\n  user: boss\n  password: ${{file:{Path.Combine(_folder!, "password")}}}\n");

    public void Start()
    {
        // A port found free may be taken before the server has it.
        for (var attempt = 1; ; attempt++)
        {
            Port = Child.FreePort();
            var (program, words) = Command(
                "postgres", "-D", Path.Combine(_folder!, "data"), "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "wal_level=logical", "-c", "fsync=off", "-c", "max_replication_slots=50", "-c", "max_wal_senders=20", "-c", "shared_buffers=32MB", "-c", "max_connections=60");
            _server = Child.Start(program, words);
            try
            {
                _server.WaitUntil(IsReady, "it took connections");
                return;
            }
            catch (Xunit.Sdk.XunitException) when (attempt < 3 && _server.HasEnded)
            {
                _server.Dispose();
            }
        }
    }

    public void Stop()
    {
        if (_server is { HasEnded: false } server)
        {
            Child.Run("kill", ["-QUIT", server.Id.ToString(CultureInfo.InvariantCulture)]);
            server.WaitForEnd();
        }

        _server?.Dispose();
    }

    public void Sql(string sql, string database = "postgres")
    {
        using var connection = new NpgsqlConnection(Connection(database));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        command.ExecuteNonQuery();
    }

    public object? Scalar(string sql, string database = "shop")
    {
        using var connection = new NpgsqlConnection(Connection(database));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    public void Dispose()
    {
        Stop();
        if (_folder is not null && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private bool IsReady()
    {
        try
        {
            using var connection = new NpgsqlConnection(Connection("postgres"));
            connection.Open();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private void Run(string program, params string[] words)
    {
        var (command, all) = Command(program, words);
        Child.Run(command, all);
    }

    private (string Program, string[] Words) Command(string program, params string[] words)
    {
        var path = Path.Combine(_bin!, program);

        // PostgreSQL refuses to run as root.
        return Environment.UserName == "root" ? ("setpriv", ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", path, .. words]) : (path, words);
    }
}
