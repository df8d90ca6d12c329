using System.Globalization;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Files of a real SFTP server.</summary>
[Collection(nameof(SshServer))]
public sealed class SftpConnectorTests(SshServer server) : ConnectorTests
{
    private CuttingProxy? _proxy;

    protected override string? Missing => server.Missing;

    protected override string Called => $"the SFTP server {Environment.UserName}@127.0.0.1:";

    protected override string Definition => Of(server.Port, $"{Remote}/*.csv", $"key_file: {server.Key("user")}");

    private string Remote => Path.Combine(Folder, "out going");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public override void Dispose()
    {
        _proxy?.Dispose();
        base.Dispose();
    }

    [Fact]
    public void The_files_that_the_pattern_means_come_as_they_are_whatever_their_names()
    {
        Skip();
        string[] names = ["a.csv", "b c.csv", "q\"uote'.csv", "[x]*?.csv", "üñ.csv", "-n.csv", "d.txt"];
        foreach (var name in names)
            Store(name, "id,name\n1," + name + "\n");
        Directory.CreateDirectory(Path.Combine(Remote, "folder.csv"));
        var landing = Fetch(Definition, null, Cancellation, out var result);
        Assert.Equal(names.Where(n => n != "d.txt").Order(StringComparer.Ordinal).Select(n => "id,name\n1," + n + "\n"), landing.Files.Select(f => File.ReadAllText(f.Path)));
        Assert.StartsWith($"{Remote}/", result.Receipts[0].Name, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(landing.Folder, ".part")));
    }

    [Fact]
    public void A_file_that_changed_brings_all_and_one_that_may_still_be_written_waits()
    {
        Skip();
        Store("a.csv", "id,name\n1,a\n");
        Store("b.csv", "id,name\n2,b\n");
        Fetch(Definition, null, Cancellation, out var first);
        Store("c.csv", "id,name\n3,c\n", TimeProvider.System.GetUtcNow().UtcDateTime);
        Assert.Empty(Fetch(Definition, first.State, Cancellation, out _).Files);
        Assert.Contains(Said, s => s.Contains("c.csv", StringComparison.Ordinal));
        Store("a.csv", "id,name\n1,changed\n");
        Assert.Equal(2, Fetch(Definition, first.State, Cancellation, out var changed).Files.Count);
        Assert.True(changed.IsWhole);
    }

    [Fact]
    public void A_key_can_come_from_a_secret_and_stays_out_of_sight()
    {
        Skip();
        Store("a.csv", "id,name\n1,a\n");
        File.Copy(server.Key("user"), Path.Combine(Folder, "id"));
        Assert.Single(Fetch(Of(server.Port, $"{Remote}/*.csv", "private_key: ${file:id}"), null, Cancellation, out _).Files);
        Assert.DoesNotContain(Directory.EnumerateDirectories(Path.GetTempPath(), "millrace-sftp-*"), (string d) => File.Exists(Path.Combine(d, "key")) && File.ReadAllText(Path.Combine(d, "key")) == File.ReadAllText(server.Key("user")));
    }

    [Fact]
    public void Mistakes_are_named_with_their_way_out()
    {
        Skip();
        Store("a.csv", "id,name\n1,a\n");
        string Fails(string definition) => Assert.Throws<SourceException>(() => Fetch(definition, null, Cancellation, out _)).Message;
        Assert.Contains("No file matches", Fails(Of(server.Port, $"{Remote}/*.txt", $"key_file: {server.Key("user")}")), StringComparison.Ordinal);
        Assert.Contains("Check 'path'", Fails(Of(server.Port, $"{Remote}/nothing/*.csv", $"key_file: {server.Key("user")}")), StringComparison.Ordinal);
        Assert.Contains("does not take the key", Fails(Of(server.Port, $"{Remote}/*.csv", $"key_file: {server.Key("other")}")), StringComparison.Ordinal);
        Assert.Contains("is not the one of 'host_key'", Fails(Definition.Replace(server.HostKey, string.Join(' ', File.ReadAllText(server.Key("other.pub")).Split(' ').Take(2)), StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Check 'host' and 'port'", Fails(Of(Child.FreePort(), $"{Remote}/*.csv", $"key_file: {server.Key("user")}")), StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        foreach (var some in rows.Chunk(20_000))
            Store($"{some[0].Id:D9}.csv", "id,name\n" + string.Concat(some.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Id},{r.Name}\n"))));
    }

    protected override string? BreakOff()
    {
        _proxy = new CuttingProxy(server.Port, 40_000);
        return Definition.Replace($"port: {server.Port}", $"port: {_proxy.Port}", StringComparison.Ordinal);
    }

    protected override void Mend() => _proxy!.Dispose();

    private string Of(int port, string path, string key) => string.Create(CultureInfo.InvariantCulture, $$"""
        type: sftp
        format: csv
        sftp:
          host: 127.0.0.1
          port: {{port}}
          user: {{Environment.UserName}}
          path: "{{path}}"
          host_key: {{server.HostKey}}
          {{key}}
        """);

    private void Store(string name, string text, DateTime? changed = null)
    {
        Directory.CreateDirectory(Remote);
        var path = Path.Combine(Remote, name);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, changed ?? new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddSeconds(text.Length));
    }
}
