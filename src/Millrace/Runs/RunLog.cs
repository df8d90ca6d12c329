using System.Text.Json;

namespace Millrace.Runs;

/// <summary>The moments of one run as JSON lines in <c>logs/</c>, one file a run.</summary>
internal sealed class RunLog(string folder, TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private StreamWriter? _file;

    public void Write(RunMoment moment)
    {
        lock (_gate)
        {
            if (_file is null)
            {
                if (moment.Phase != "started" || moment.Note is null)
                    return;
                Directory.CreateDirectory(folder);
                _file = new StreamWriter(Path.Combine(folder, moment.Note + ".jsonl"), append: true) { AutoFlush = true };
            }

            using var line = new MemoryStream();
            using (var json = new Utf8JsonWriter(line))
            {
                json.WriteStartObject();
                json.WriteString("at", clock.GetUtcNow());
                json.WriteString("asset", moment.Asset?.ToString());
                json.WriteString("phase", moment.Phase);
                if (moment.Share is { } share)
                    json.WriteNumber("share", share);
                json.WriteString("note", moment.Note);
                json.WriteEndObject();
            }

            _file.WriteLine(System.Text.Encoding.UTF8.GetString(line.ToArray()));
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }
}
