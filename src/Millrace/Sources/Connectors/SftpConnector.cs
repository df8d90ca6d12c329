using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>Files of an SFTP server, brought as they are by the <c>sftp</c> command.</summary>
internal sealed class SftpConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "sftp";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "sftp section",
        "Files of an SFTP server.",
        new Key("host", KeyKind.Text, "The server's name or address.") { IsRequired = true, Example = "files.example.com" },
        new Key("port", KeyKind.Integer, "The server's port.") { Default = 22, Minimum = 1, Maximum = 65535 },
        new Key("user", KeyKind.Text, "Who reads.") { IsRequired = true, Example = "reader" },
        new Key("path", KeyKind.Text, "The files: a folder, and a glob for their names.") { IsRequired = true, Example = "outgoing/orders-*.csv" },
        new Key("private_key", KeyKind.Text, "The user's private key, as a reference.") { Example = "${file:secrets/id_ed25519}" },
        new Key("key_file", KeyKind.Text, "The file of the user's private key, relative to the project folder; in place of private_key."),
        new Key("host_key", KeyKind.Text, "The server's public key, as ssh-keyscan prints it behind the host's name.") { Example = "ssh-ed25519 AAAA..." },
        new Key("known_hosts", KeyKind.Text, "A file of known hosts, relative to the project folder; in place of host_key."),
        new Key("settle_minutes", KeyKind.Number, "A file that changed later than that is left for the next load: it may still be written, and the server tells times by the minute.")
        {
            Default = 2,
            Minimum = 0,
            Maximum = 10080,
        },
        new Key("timeout_minutes", KeyKind.Number, "How long one load may take.") { Default = 360, Minimum = 0.01, Maximum = 10080 });

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        var isSound = true;
        void Wrong(string code, string message, string? key)
        {
            section.Report(code, message, key);
            isSound = false;
        }

        void One(string first, string second, string why)
        {
            if ((section.Node(first) is null) == (section.Node(second) is null))
                Wrong("missing-key", $"Give either '{first}' or '{second}': {why}.", section.Node(first) is null ? null : second);
        }

        One("private_key", "key_file", "the user is known by a key");
        One("host_key", "known_hosts", "the server is known by its key, so that nobody can stand in for it");
        foreach (var name in (string[])["host", "user"])
        {
            if (section.Text(name) is { } word && (word.Length == 0 || word[0] == '-' || word.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))))
                Wrong("bad-value", $"'{name}' is '{word}', which is none.", name);
        }

        if (section.Text("path") is { } path)
        {
            var folder = path[..(path.LastIndexOf('/') + 1)];
            if (path.Length == 0 || path[^1] == '/' || path.Any(char.IsControl))
                Wrong("bad-path", $"'path' is '{path}'. Write a folder and a glob for the names, for example outgoing/*.csv.", "path");
            else if (folder.IndexOfAny(['*', '?', '[']) >= 0 || path.Contains("**", StringComparison.Ordinal))
                Wrong("bad-path", $"'path' is '{path}'. Only the name behind the last slash takes *, ? and [...]: one folder is read.", "path");
        }

        return !isSound || section.Text("host") is not { } host || section.Text("user") is not { } user || section.Text("path") is not { } files
            ? null
            : new SftpPlace
            {
                Host = host,
                Port = (int)(section.Integer("port") ?? 22),
                User = user,
                Pattern = files,
                PrivateKey = section.Text("private_key"),
                KeyFile = section.Text("key_file"),
                HostKey = section.Text("host_key"),
                KnownHosts = section.Text("known_hosts"),
                Settle = TimeSpan.FromMinutes(section.Number("settle_minutes") ?? 2),
                TimeOut = TimeSpan.FromMinutes(section.Number("timeout_minutes") ?? 360),
            };
    }
}

/// <summary>Files of an SFTP server.</summary>
internal sealed record SftpPlace : Place
{
    public required string Host { get; init; }

    public required int Port { get; init; }

    public required string User { get; init; }

    public required string Pattern { get; init; }

    public string? PrivateKey { get; init; }

    public string? KeyFile { get; init; }

    public string? HostKey { get; init; }

    public string? KnownHosts { get; init; }

    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(2);

    public TimeSpan TimeOut { get; init; } = TimeSpan.FromHours(6);

    /// <summary>The folder with its last slash; empty for the one where a session begins.</summary>
    public string Folder => Pattern[..(Pattern.LastIndexOf('/') + 1)];

    /// <inheritdoc/>
    public override string Identity => "sftp " + Pattern;

    /// <inheritdoc/>
    public override string Format => "";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        using var session = new SftpSession(this, request);
        var all = session.List(cancellationToken);
        var young = all.Where(f => f.Changed > request.Time.GetUtcNow() - Settle && Settle > TimeSpan.Zero).Select(f => f.File.Name).ToList();
        foreach (var name in young)
            request.Said?.Invoke($"{name} changed in the last {Settle.TotalMinutes} minutes and is left for the next load");
        var found = all.Where(f => !young.Contains(f.File.Name)).Select(f => AsHeld(f.File, request.State)).ToList();
        if (found.Count == 0 && request.State is null)
        {
            throw new SourceException(
                $"No file matches '{Pattern}' on {session.Where}."
                + (young.Count > 0 ? $" {string.Join(", ", young)} changed less than {Settle.TotalMinutes} minutes ago: run again later, or lower 'settle_minutes'." : " Check 'path'."));
        }

        var (wanted, isWhole) = RemoteFiles.Choose(found, request.State);
        return new FetchResult
        {
            State = wanted.Count == 0 && !isWhole ? request.State : RemoteFiles.State(wanted, isWhole, request.State),
            IsWhole = isWhole,
            Receipts = wanted.Count == 0 ? [] : session.Bring(wanted, cancellationToken),
        };
    }

    /// <summary>After half a year the server tells the day only: a file of that day and size is the one that was brought.</summary>
    private static RemoteFile AsHeld(RemoteFile file, System.Text.Json.Nodes.JsonObject? state) =>
        (string?)state?["files"]?[file.Name] is { } held && held.StartsWith(file.Mark + "T", StringComparison.Ordinal) ? file with { Mark = held } : file;
}
