using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Sources.Connectors;

/// <summary>The <c>sftp</c> command in batch mode, with the key and the known host of one place and no settings of this machine.</summary>
internal sealed partial class SftpSession : IDisposable
{
    private readonly SftpPlace _place;
    private readonly FetchRequest _request;
    private readonly string _secrets = Path.Combine(Path.GetTempPath(), "millrace-sftp-" + Guid.NewGuid().ToString("N"));
    private readonly string _part;

    public SftpSession(SftpPlace place, FetchRequest request)
    {
        (_place, _request, _part) = (place, request, Path.Combine(request.Landing.Folder, ".part"));
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_secrets);
        else
            Directory.CreateDirectory(_secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The server, for messages.</summary>
    public string Where => _request.Secrets.Hide(string.Create(CultureInfo.InvariantCulture, $"the SFTP server {_place.User}@{_place.Host}:{_place.Port}"));

    /// <summary>The files of the folder whose names match, and when they changed, to the minute; to the day when that is half a year ago.</summary>
    public List<(RemoteFile File, DateTimeOffset Changed)> List(CancellationToken cancellationToken)
    {
        var folder = _place.Folder.Length == 0 ? "." : _place.Folder.Length > 1 ? _place.Folder.TrimEnd('/') : "/";
        var found = new List<(RemoteFile, DateTimeOffset)>();
        var wanted = Glob.Of(_place.Pattern[_place.Folder.Length..]);
        foreach (var line in Run([$"@ls -ln {Quoted(folder)}"], cancellationToken).Split('\n'))
        {
            if (Entry().Match(line.TrimEnd('\r')) is not { Success: true } entry || entry.Groups[1].Value != "-")
                continue;
            var path = entry.Groups[4].Value;
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (wanted.IsMatch(name))
            {
                var (bytes, isDay, changed) = (entry.Groups[2].Value, !entry.Groups[3].Value.Contains(':', StringComparison.Ordinal), Moment(entry.Groups[3].Value));
                var mark = $"{bytes} {changed.ToString(isDay ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture)}";
                found.Add((new RemoteFile(name, mark, long.Parse(bytes, CultureInfo.InvariantCulture)), changed));
            }
        }

        return found;
    }

    /// <summary>Brings files in one session, and puts them into the landing once all are there.</summary>
    public List<Receipt> Bring(IReadOnlyList<RemoteFile> files, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_part);
        var commands = files.Select((f, i) => $"@get {Quoted(_place.Folder + f.Name)} {Quoted(Path.Combine(_part, (i + 1).ToString(CultureInfo.InvariantCulture)))}");
        Run([.. commands], cancellationToken);
        var receipts = new List<Receipt>();
        foreach (var file in files)
        {
            var brought = Path.Combine(_part, (receipts.Count + 1).ToString(CultureInfo.InvariantCulture));
            if (new FileInfo(brought) is not { Exists: true } info || info.Length != file.Bytes)
                throw new SourceException($"'{_place.Folder}{file.Name}' on {Where} changed while it was read. Nothing of this load is kept; run again once writing has ended.");
            var landed = _request.Landing.Take(RemoteFiles.Landed(receipts.Count + 1, file.Name), path => File.Move(brought, path));
            receipts.Add(new Receipt(
                $"{_place.Folder}{file.Name} on {Where}", [landed.Name], landed.Bytes, landed.Hash, _request.Time.GetUtcNow(),
                new Dictionary<string, string> { ["size_and_time"] = file.Mark }));
        }

        return receipts;
    }

    public void Dispose()
    {
        foreach (var folder in (string[])[_secrets, _part])
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private string Run(IReadOnlyList<string> commands, CancellationToken cancellationToken)
    {
        using var process = Start();
        using var timeOut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeOut.CancelAfter(_place.TimeOut);
        using var kill = timeOut.Token.Register(() => Kill(process));
        var errors = Task.Run(process.StandardError.ReadToEnd, CancellationToken.None);
        var output = Task.Run(process.StandardOutput.ReadToEnd, CancellationToken.None);
        try
        {
            foreach (var command in commands)
                process.StandardInput.Write(command + "\n");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read all; what it says tells why.
        }

        process.WaitForExit();
        var said = _request.Secrets.Hide(errors.ConfigureAwait(false).GetAwaiter().GetResult()).Trim();
        var text = output.ConfigureAwait(false).GetAwaiter().GetResult();
        cancellationToken.ThrowIfCancellationRequested();
        if (timeOut.IsCancellationRequested)
            throw new SourceException($"{Where}: it took longer than {_place.TimeOut.TotalMinutes.ToString("0.##", CultureInfo.InvariantCulture)} minutes and was ended. Raise 'timeout_minutes' if that is right.");
        return process.ExitCode == 0 ? text : throw Explain(process.ExitCode, said);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("sftp")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8,
        };
        string[] options =
        [
            "BatchMode=yes", "StrictHostKeyChecking=yes", $"UserKnownHostsFile=\"{KnownHosts()}\"", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no",
            "IdentitiesOnly=yes", "IdentityAgent=none", $"IdentityFile=\"{KeyFile()}\"", "PasswordAuthentication=no", "KbdInteractiveAuthentication=no",
            "ConnectTimeout=30", "ServerAliveInterval=15", "ServerAliveCountMax=4", $"Port={_place.Port.ToString(CultureInfo.InvariantCulture)}", "LogLevel=ERROR",
        ];
        foreach (var word in (string[])["-F", "/dev/null", "-b", "-", .. options.SelectMany(o => (string[])["-o", o]), "--", $"{_request.Secrets.Resolve(_place.User)}@{Host}"])
            start.ArgumentList.Add(word);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        start.Environment.Remove("SSH_AUTH_SOCK");
        start.Environment.Remove("SSH_ASKPASS");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SourceException($"{Where}: the command 'sftp' cannot be started: {e.Message}. Install OpenSSH's client.", e);
        }
    }

    private string Host => _request.Secrets.Resolve(_place.Host) is var host && host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private string KeyFile()
    {
        var path = Path.Combine(_secrets, "key");
        var text = _place.PrivateKey is { } key ? _request.Secrets.Resolve(key) : Text(_place.KeyFile!);
        Give(path, text.Replace("\r", "", StringComparison.Ordinal).TrimEnd('\n') + "\n");
        return path;
    }

    private string KnownHosts()
    {
        var path = Path.Combine(_secrets, "known_hosts");
        var host = _request.Secrets.Resolve(_place.Host);
        var name = _place.Port == 22 ? host : string.Create(CultureInfo.InvariantCulture, $"[{host}]:{_place.Port}");
        Give(path, _place.HostKey is { } key ? $"{name} {_request.Secrets.Resolve(key).Trim()}\n" : Text(_place.KnownHosts!));
        return path;
    }

    private string Text(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(_request.ProjectFolder, _request.Secrets.Resolve(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"The file '{file}', which {_request.Source.File} names, cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes a file that only this user reads: the command refuses a key that others can read.</summary>
    private static void Give(string path, string text)
    {
        if (File.Exists(path))
            return;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, new UTF8Encoding(false), options);
        file.Write(text);
    }

    /// <summary>In quotes the command takes every letter for itself, but a quote and a backslash.</summary>
    private static string Quoted(string path) => "\"" + path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <summary>Reads <c>Nov 21 10:28</c>, of the last half year, or <c>Jan  1  2020</c>.</summary>
    private DateTimeOffset Moment(string text)
    {
        var plain = string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(plain, "MMM d yyyy", CultureInfo.InvariantCulture, Utc, out var day))
            return day;
        var now = _request.Time.GetUtcNow();
        foreach (var year in (int[])[now.Year, now.Year - 1])
        {
            if (DateTimeOffset.TryParseExact($"{plain} {year.ToString(CultureInfo.InvariantCulture)}", "MMM d HH:mm yyyy", CultureInfo.InvariantCulture, Utc, out var time) && time <= now.AddDays(1))
                return time;
        }

        return now;
    }

    private SourceException Explain(int code, string said)
    {
        var advice = said switch
        {
            _ when Has("Host key verification failed") || Has("REMOTE HOST IDENTIFICATION") || Has("No matching host key") || Has("host key is known") =>
                "The server's key is not the one of 'host_key' or 'known_hosts': ask its operator which it is, and do not take a new one unseen.",
            _ when Has("Permission denied") && Has("publickey") => "The server does not take the key: check 'user' and 'private_key' or 'key_file'.",
            _ when Has("Load key") || Has("invalid format") => "The private key cannot be read: check 'private_key' or 'key_file'; a key with a passphrase cannot be used.",
            _ when Has("Could not resolve hostname") || Has("Connection refused") || Has("timed out") || Has("No route to host") => "Check 'host' and 'port', and that the server runs.",
            _ when Has("not found") || Has("No such file") => "Check 'path'.",
            _ when Has("Permission denied") => "Check what this user may read there.",
            _ => "The connection broke off. Nothing of this load is kept; run again.",
        };
        var text = string.Join(" | ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(5));
        return new SourceException($"{Where}: {(text.Length == 0 ? $"sftp ended with code {code}" : text.TrimEnd('.'))}. {advice}");

        bool Has(string part) => said.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
    }

    [GeneratedRegex(@"^([-dlpsbc])\S*\s+\S+\s+\S+\s+\S+\s+(\d+)\s+([A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d\d:\d\d|\d{4}))\s(.+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();
}
