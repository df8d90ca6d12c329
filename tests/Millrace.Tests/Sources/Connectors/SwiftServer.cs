using System.Globalization;
using System.Net;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>OpenStack Swift with its S3 face: a real S3-compatible store of the tests' own.</summary>
public sealed class SwiftServer : IDisposable
{
    public const string User = "test:tester";

    public const string Key = PostgresServer.Secret;

    private static readonly string[] Stores = ["account", "container", "object"];

    private readonly string? _folder;
    private readonly List<Child> _servers = [];

    public SwiftServer()
    {
        if (!Stores.Append("proxy").All(n => Child.Find($"swift-{n}-server") is not null) || Child.Find("swift-ring-builder") is null || Child.Find("memcached") is null)
        {
            Missing = "Swift is not installed (Debian: swift-proxy swift-account swift-container swift-object memcached).";
            return;
        }

        if (Environment.UserName != "root" && !File.Exists("/etc/swift/swift.conf"))
        {
            Missing = "Swift's settings cannot be read by this user.";
            return;
        }

        _folder = Path.Combine(Path.GetTempPath(), "millrace-swift-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(_folder, "d1"));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Start();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (attempt < 3 && _servers.Any(s => s.HasEnded))
            {
                Stop();
            }
        }
    }

    public string? Missing { get; }

    public int Port { get; private set; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    public void Dispose()
    {
        Stop();
        if (_folder is not null && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private void Start()
    {
        var memory = Child.FreePort();
        _servers.Add(Child.Start(Child.Find("memcached")!, ["-l", "127.0.0.1", "-p", Text(memory), "-u", Environment.UserName]));
        foreach (var store in Stores)
        {
            var port = Child.FreePort();
            var builder = Path.Combine(_folder!, store + ".builder");
            File.Delete(builder);
            Ring(builder, "create", "2", "1", "1");
            Ring(builder, "add", $"r1z1-127.0.0.1:{port}/d1", "1");
            Ring(builder, "rebalance");
            Server(store, $"""
                [pipeline:main]
                pipeline = {store}-server
                [app:{store}-server]
                use = egg:swift#{store}
                """, port);
        }

        Port = Child.FreePort();
        var proxy = Server("proxy", $"""
            [pipeline:main]
            pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk s3api tempauth slo dlo proxy-logging proxy-server
            [app:proxy-server]
            use = egg:swift#proxy
            account_autocreate = true
            [filter:cache]
            use = egg:swift#memcache
            memcache_servers = 127.0.0.1:{memory}
            [filter:s3api]
            use = egg:swift#s3api
            s3_acl = false
            location = us-east-1
            [filter:tempauth]
            use = egg:swift#tempauth
            user_test_tester = s3cret-of-the-place .admin
            {string.Join('\n', ((string[])["catch_errors", "gatekeeper", "healthcheck", "proxy_logging", "listing_formats", "bulk", "slo", "dlo"]).Select(f => $"[filter:{f.Replace("proxy_", "proxy-", StringComparison.Ordinal)}]\nuse = egg:swift#{f}"))}
            """, Port);
        using var http = new HttpClient();
        proxy.WaitUntil(
            () =>
            {
                try
                {
                    using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, Url + "/healthcheck"));
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "it answered");
    }

    private Child Server(string name, string settings, int port)
    {
        var path = Path.Combine(_folder!, name + ".conf");
        File.WriteAllText(path, $"""
            [DEFAULT]
            bind_ip = 127.0.0.1
            bind_port = {port}
            workers = 0
            user = {Environment.UserName}
            swift_dir = {_folder}
            log_level = ERROR
            devices = {_folder}
            mount_check = false

            """ + settings.ReplaceLineEndings("\n") + "\n");
        var server = Child.Start(Child.Find($"swift-{name}-server")!, [path, "-v"]);
        _servers.Add(server);
        return server;
    }

    private static void Ring(params string[] words) => Child.Run(Child.Find("swift-ring-builder")!, words);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Stop()
    {
        foreach (var server in _servers)
            server.Dispose();
        _servers.Clear();
    }
}

[CollectionDefinition(nameof(SwiftServer))]
public sealed class SwiftCollection : ICollectionFixture<SwiftServer>;
