using System.Globalization;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>An SSH server of the tests' own, an ordinary process with a key of its own, which lets one key in.</summary>
public sealed class SshServer : IDisposable
{
    private readonly string? _folder;
    private Child? _server;

    public SshServer()
    {
        if (Child.Find("sshd") is not { } sshd || Child.Find("sftp") is null || Child.Find("ssh-keygen") is not { } keygen)
        {
            Missing = "OpenSSH is not installed (Debian: openssh-server openssh-client).";
            return;
        }

        _folder = Path.Combine(Path.GetTempPath(), "millrace-ssh-" + Guid.NewGuid().ToString("N"));
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_folder);
        else
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var key in (string[])["host", "user", "other"])
            Child.Run(keygen, ["-q", "-t", "ed25519", "-N", "", "-C", "s3cret-of-the-place", "-f", Path.Combine(_folder, key)]);
        File.Copy(Path.Combine(_folder, "user.pub"), Path.Combine(_folder, "authorized"));

        // As root the server wants this folder, which its service makes otherwise.
        if (Environment.UserName == "root")
            Directory.CreateDirectory("/run/sshd");
        for (var attempt = 1; ; attempt++)
        {
            Port = Child.FreePort();
            var settings = Path.Combine(_folder, "sshd_config");
            File.WriteAllText(settings, $"""
                ListenAddress 127.0.0.1:{Port}
                HostKey {_folder}/host
                AuthorizedKeysFile {_folder}/authorized
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                PermitRootLogin prohibit-password
                MaxStartups 100
                Subsystem sftp internal-sftp

                """);
            _server = Child.Start(sshd, ["-D", "-e", "-f", settings]);
            try
            {
                _server.WaitUntil(() => Child.Answers(Port), "it took connections");
                return;
            }
            catch (Xunit.Sdk.XunitException) when (attempt < 3 && _server.HasEnded)
            {
                _server.Dispose();
            }
        }
    }

    public string? Missing { get; }

    public int Port { get; private set; }

    public string HostKey => string.Join(' ', File.ReadAllText(Path.Combine(_folder!, "host.pub")).Split(' ').Take(2));

    public string Key(string name) => Path.Combine(_folder!, name);

    public string Text => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public void Dispose()
    {
        _server?.Dispose();
        if (_folder is not null && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}

[CollectionDefinition(nameof(SshServer))]
public sealed class SshCollection : ICollectionFixture<SshServer>;
