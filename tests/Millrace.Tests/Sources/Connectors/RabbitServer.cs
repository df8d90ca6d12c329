using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>A RabbitMQ of the tests' own.</summary>
public sealed class RabbitServer : IDisposable
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly string? _folder;
    private readonly List<Child> _servers = [];

    public RabbitServer()
    {
        if (!File.Exists(Program) || Child.Find("epmd") is not { } epmd)
        {
            Missing = "RabbitMQ is not installed (Debian: rabbitmq-server).";
            return;
        }

        _folder = Path.Combine(Path.GetTempPath(), "millrace-rabbit-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "plugins"), "[].\n");
        for (var attempt = 1; ; attempt++)
        {
            Port = Child.FreePort();
            var names = Text(Child.FreePort());
            File.WriteAllText(Path.Combine(_folder, "rabbitmq.conf"), $"listeners.tcp.1 = 127.0.0.1:{Port}\ndefault_user = boss\ndefault_pass = s3cret-of-the-place\nlog.console = true\nlog.console.level = error\n");
            var environment = new Dictionary<string, string>
            {
                ["HOME"] = _folder, ["ERL_EPMD_PORT"] = names, ["ERL_EPMD_ADDRESS"] = "127.0.0.1", ["RABBITMQ_NODENAME"] = $"millrace{Port}@localhost",
                ["RABBITMQ_DIST_PORT"] = Text(Child.FreePort()), ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_folder, "rabbitmq.conf"),
                ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_folder, "data" + attempt), ["RABBITMQ_LOG_BASE"] = Path.Combine(_folder, "log"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_folder, "plugins"), ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none",
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_folder, "none"), ["LC_ALL"] = "C.UTF-8",
            };
            _servers.Add(Child.Start(epmd, ["-port", names, "-address", "127.0.0.1"], environment));
            var server = Child.Start(Program, [], environment);
            _servers.Insert(0, server);
            try
            {
                server.WaitUntil(IsReady, "it took connections");
                return;
            }
            catch (Xunit.Sdk.XunitException) when (attempt < 3 && server.HasEnded)
            {
                Stop();
            }
        }
    }

    public string? Missing { get; }

    public int Port { get; private set; }

    public ConnectionFactory Factory => new() { HostName = "127.0.0.1", Port = Port, UserName = "boss", Password = "s3cret-of-the-place" };

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
            using var connection = Factory.CreateConnectionAsync().GetAwaiter().GetResult();
            return connection.IsOpen;
        }
        catch (BrokerUnreachableException)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Stop()
    {
        foreach (var server in _servers)
            server.Dispose();
        _servers.Clear();
    }
}

[CollectionDefinition(nameof(RabbitServer))]
public sealed class RabbitCollection : ICollectionFixture<RabbitServer>;
