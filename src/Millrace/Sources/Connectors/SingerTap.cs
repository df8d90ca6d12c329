using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Sources.Connectors;

/// <summary>One run of a tap.</summary>
/// <remarks>
/// Settings and state go to it as files in a folder that only this user can read and that is deleted afterwards. The last <c>STATE</c> line is
/// where the next run begins; records behind it come again then. Nothing that the tap wrote is kept unless it ends well.
/// </remarks>
internal sealed class SingerTap : IDisposable
{
    private const int KeptErrors = 5;

    private readonly SingerPlace _place;
    private readonly FetchRequest _request;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "millrace-tap-" + Guid.NewGuid().ToString("N"));
    private readonly Queue<string> _errors = new();
    private readonly SortedSet<string> _streams = new(StringComparer.Ordinal);
    private string? _only;
    private string? _state;
    private long _line;

    public SingerTap(SingerPlace place, FetchRequest request)
    {
        (_place, _request) = (place, request);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_folder);
        else
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string What => $"The tap '{_request.Secrets.Hide(_place.Command[0])}'";

    public FetchResult Run(CancellationToken cancellationToken)
    {
        using var process = Start();
        var errors = Task.Run(() => ReadErrors(process), CancellationToken.None);
        using var timeOut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeOut.CancelAfter(_place.TimeOut);
        using var kill = timeOut.Token.Register(() => Kill(process));
        LandedFile landed;
        long rows;
        try
        {
            process.StandardInput.Close();
            using var lines = new JsonLines(_request.Landing, "records.ndjson");
            ReadLines(process.StandardOutput.BaseStream, lines);
            process.WaitForExit();
            landed = lines.Close();
            rows = lines.Rows;
        }
        catch
        {
            Kill(process);
            cancellationToken.ThrowIfCancellationRequested();
            if (timeOut.IsCancellationRequested)
                throw TooLong();
            throw;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (timeOut.IsCancellationRequested)
            throw TooLong();
        errors.ConfigureAwait(false).GetAwaiter().GetResult();
        if (process.ExitCode != 0)
            throw new SourceException($"{What} ended with code {process.ExitCode} after {rows} records; nothing of this load is kept.{Said()}");
        if (_place.Stream is { } wanted && !_streams.Contains(wanted))
            throw new SourceException($"{What} has no stream '{wanted}'. It wrote: {(_streams.Count == 0 ? "none" : string.Join(", ", _streams))}. Check 'stream', and that 'catalog' selects it.");
        var next = _state is null ? _request.State?.DeepClone() as JsonObject : new JsonObject { ["singer"] = JsonNode.Parse(_state) };
        if (rows == 0)
            _request.Landing.Withdraw(landed.Name);
        return new FetchResult
        {
            State = next,
            IsWhole = _place.IsFullTable,
            Receipts = rows == 0 && !_place.IsFullTable ? [] :
            [
                new Receipt($"{What}, stream '{_place.Stream ?? _only}'", rows == 0 ? [] : [landed.Name], landed.Bytes, landed.Hash, _request.Time.GetUtcNow(), new Dictionary<string, string>
                {
                    ["rows"] = rows.ToString(CultureInfo.InvariantCulture),
                }),
            ],
        };
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo
        {
            FileName = Program(_place.Command[0]), WorkingDirectory = _request.ProjectFolder,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var word in _place.Command.Skip(1))
            start.ArgumentList.Add(_request.Secrets.Resolve(word));
        var path = start.Environment.TryGetValue("PATH", out var inherited) ? inherited : null;
        start.Environment.Clear();
        if (path is not null)
            start.Environment["PATH"] = path;
        foreach (var (name, value) in _place.Environment)
            start.Environment[name] = _request.Secrets.Resolve(value);

        if (_place.Config.Count > 0 || _place.ConfigFile is not null)
            Give(start, "--config", "config.json", Config());
        if (_place.Catalog is { } catalog)
            AddFile(start, "--catalog", catalog);
        if (_place.Properties is { } properties)
            AddFile(start, "--properties", properties);
        if (_request.State?["singer"] is { } state)
            Give(start, "--state", "state.json", state);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SourceException($"{What} cannot be started: {e.Message}. Check 'command' in {_request.Source.File}, and that the program is installed and on the PATH.", e);
        }
    }

    /// <summary>A path of the project folder is found there; a mere name on the PATH.</summary>
    private string Program(string word)
    {
        var program = _request.Secrets.Resolve(word);
        return program.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(_request.ProjectFolder, program)) : program;
    }

    private void AddFile(ProcessStartInfo start, string word, string file)
    {
        var path = Path.GetFullPath(Path.Combine(_request.ProjectFolder, file));
        if (!File.Exists(path))
            throw new SourceException($"{What}: the file '{file}', which {_request.Source.File} names, is not there.");
        start.ArgumentList.Add(word);
        start.ArgumentList.Add(path);
    }

    private void Give(ProcessStartInfo start, string word, string name, JsonNode content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content.ToJsonString());
        start.ArgumentList.Add(word);
        start.ArgumentList.Add(path);
    }

    private JsonObject Config()
    {
        var config = new JsonObject();
        if (_place.ConfigFile is { } file)
        {
            try
            {
                config = JsonNode.Parse(File.ReadAllText(Path.Combine(_request.ProjectFolder, file))) as JsonObject ?? throw new JsonException("It is no object.");
                config = (JsonObject)Resolve(config)!;
            }
            catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
            {
                throw new SourceException($"{What}: its settings '{file}' cannot be read: {e.Message}", e);
            }
        }

        foreach (var (name, value) in _place.Config)
            config[name] = Scalar(_request.Secrets.Resolve(value), value);
        return config;
    }

    private JsonNode? Resolve(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, Resolve(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Resolve)]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(_request.Secrets.Resolve(text)),
        _ => node?.DeepClone(),
    };

    private static JsonValue Scalar(string text, string written) => written.Contains("${", StringComparison.Ordinal) ? JsonValue.Create(text) : text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == text => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    private void ReadLines(Stream stream, JsonLines lines)
    {
        var buffer = new byte[1 << 16];
        var (start, filled) = (0, 0);
        while (true)
        {
            var length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                Take(buffer.AsMemory(start, length), lines);
                start += length + 1;
                continue;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            (start, filled) = (0, filled - start);
            if (filled > _place.MaxLineBytes)
                throw new SourceException($"{What} wrote a line ({_line + 1}) of more than {_place.MaxLineBytes} bytes. Raise 'max_line_mb' if that is right.");
            if (filled == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
            {
                if (filled > 0)
                    Take(buffer.AsMemory(0, filled), lines);
                return;
            }

            filled += read;
        }
    }

    private void Take(ReadOnlyMemory<byte> line, JsonLines lines)
    {
        _line++;
        if (line.Span.Trim(" \t\r"u8).IsEmpty)
            return;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw Garbage(line, "is no JSON", e);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
                throw Garbage(line, "is no message of Singer: it lacks 'type'", null);
            switch (type.GetString())
            {
                case "SCHEMA":
                    _streams.Add(StreamOf(root, line));
                    break;
                case "RECORD":
                    if (IsWanted(StreamOf(root, line)))
                    {
                        if (!root.TryGetProperty("record", out var record) || record.ValueKind != JsonValueKind.Object)
                            throw Garbage(line, "is a RECORD without 'record'", null);
                        record.WriteTo(lines.Json);
                        lines.End();
                    }

                    break;
                case "STATE":
                    _state = root.TryGetProperty("value", out var value) ? value.GetRawText() : throw Garbage(line, "is a STATE without 'value'", null);
                    break;
                case "BATCH":
                    throw Garbage(line, "is a BATCH, whose records lie in files of the tap's own. Turn batches off in its settings", null);
                default:
                    // Others, such as ACTIVATE_VERSION, tell a target how to store what it gets.
                    break;
            }
        }
    }

    private bool IsWanted(string stream)
    {
        _streams.Add(stream);
        if (_place.Stream is { } wanted)
            return stream == wanted;
        _only ??= stream;
        return stream == _only
            ? true
            : throw new SourceException($"{What} writes more than one stream ('{_only}', '{stream}'). Say with 'stream' in {_request.Source.File} which one this source is, and make one source for each other.");
    }

    private string StreamOf(JsonElement message, ReadOnlyMemory<byte> line) =>
        message.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.String ? stream.GetString()! : throw Garbage(line, "lacks 'stream'", null);

    private SourceException Garbage(ReadOnlyMemory<byte> line, string what, Exception? inner)
    {
        var text = Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, 120)]);
        return new SourceException(
            $"{What} wrote line {_line.ToString(CultureInfo.InvariantCulture)}, which {what}: {_request.Secrets.Hide(new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]))}. "
            + $"Nothing of this load is kept.{Said()}",
            inner);
    }

    private void ReadErrors(Process process)
    {
        while (process.StandardError.ReadLine() is { } line)
        {
            var text = _request.Secrets.Hide(line);
            lock (_errors)
            {
                _errors.Enqueue(text.Length > 500 ? text[..500] : text);
                if (_errors.Count > KeptErrors)
                    _errors.Dequeue();
            }

            _request.Said?.Invoke(text);
        }
    }

    private string Said()
    {
        lock (_errors)
            return _errors.Count == 0 ? "" : " It said: " + string.Join(" | ", _errors);
    }

    private SourceException TooLong() => new($"{What} ran longer than {_place.TimeOut.TotalMinutes.ToString("0.##", CultureInfo.InvariantCulture)} minutes and was ended. Nothing of this load is kept. Raise 'timeout_minutes' if that is right.{Said()}");

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
}
