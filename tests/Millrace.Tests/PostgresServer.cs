using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

[assembly: AssemblyFixture(typeof(Millrace.Tests.PostgresServer))]

namespace Millrace.Tests;

/// <summary>A real PostgreSQL server with its own data on a free port of 127.0.0.1, started by the first test that asks for it.</summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Lazy<Running?> _running = new(Start);

    /// <summary>A new, empty database; the connection string of its owner. Skips the test where PostgreSQL is not installed.</summary>
    public string NewDatabase()
    {
        if (_running.Value is not { } running)
        {
            Assert.Skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql or on the path. Debian has it as 'postgresql'.");
            return "";
        }

        var name = "test_" + Guid.NewGuid().ToString("N");
        using var connection = new NpgsqlConnection(running.Connection("postgres"));
        connection.Open();
        using var command = new NpgsqlCommand($"create database {name}", connection);
        command.ExecuteNonQuery();
        return running.Connection(name);
    }

    public void Dispose()
    {
        if (_running is { IsValueCreated: true, Value: { } running })
            running.Dispose();
    }

    private static Running? Start()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(
            Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(f => f + "/bin") : []);
        return folders.FirstOrDefault(f => File.Exists(Path.Combine(f, "initdb")) && File.Exists(Path.Combine(f, "postgres"))) is { } bin ? new Running(bin) : null;
    }

    private sealed class Running : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("millrace-postgres-").FullName;
        private readonly Process _server;
        private readonly int _port;

        public Running(string bin)
        {
            // The server refuses to run as root.
            if (Environment.IsPrivilegedProcess)
                End(Process.Start("chown", ["postgres", _folder]));
            var data = Path.Combine(_folder, "data");
            End(AsOther(bin, "initdb", "-D", data, "-U", "millrace", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"));
            _port = FreePort();
            _server = AsOther(bin, "postgres", "-D", data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", _folder, "-c", "listen_addresses=127.0.0.1",
                "-c", "fsync=off", "-c", "wal_level=logical", "-c", "max_replication_slots=50", "-c", "max_wal_senders=50");
            var timer = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    using var connection = new NpgsqlConnection(Connection("postgres"));
                    connection.Open();
                    return;
                }
                catch (NpgsqlException) when (timer.Elapsed < StartLimit && !_server.HasExited)
                {
                    Thread.Sleep(50);
                }
            }
        }

        public string Connection(string database) =>
            string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=millrace;Database={database};Pooling=false");

        public void Dispose()
        {
            // SIGQUIT: at once, with all of its children.
            End(Process.Start("kill", ["-QUIT", _server.Id.ToString(CultureInfo.InvariantCulture)]));
            _server.WaitForExit(StartLimit);
            _server.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private Process AsOther(string bin, string program, params string[] words)
        {
            var path = Path.Combine(bin, program);
            var start = Environment.IsPrivilegedProcess
                ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. words])
                : new ProcessStartInfo(path, words);
            start.WorkingDirectory = _folder;
            start.RedirectStandardOutput = start.RedirectStandardError = true;
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        private static void End(Process process)
        {
            using (process)
            {
                Assert.True(process.WaitForExit(StartLimit));
                Assert.Equal(0, process.ExitCode);
            }
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
