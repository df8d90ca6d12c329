using System.Text.Json.Nodes;
using Millrace.Lake.Storage;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Serving.Predictions;

/// <summary>The predictions of one endpoint, on their way into its table: append-only segments that survive kill -9.</summary>
/// <remarks>
/// <para>
/// What is appended lies with the operating system when <see cref="AppendAsync"/> ends, and only then may the answer go out. Nobody
/// waits for the
/// disk: power loss may take the last seconds. Whoever finds nobody writing writes for all that wait, in one call.
/// </para>
/// <para>
/// A request is one frame, so that its rows are there together or not at all. What a kill left torn at the end of the last segment was
/// answered to
/// nobody and is cut off at opening. One process writes an endpoint's log; a second one is refused. Thread-safe.
/// </para>
/// </remarks>
public sealed partial class PredictionLog : IDisposable
{
    private readonly PredictionLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly FileStream _lock;
    private readonly PredictionIndex _index;
    private readonly Dictionary<long, List<ModelIdentity>> _models = [];
    private SafeFileHandle? _segment;
    private long _number;
    private long _length;
    private long _begun;
    private long _sequence;

    private PredictionLog(PredictionTable table, PredictionLogOptions options, TimeProvider clock, FileStream @lock)
    {
        (Table, _options, _clock, _lock) = (table, options, clock, @lock);
        _index = new PredictionIndex(options.RememberedIds);
    }

    /// <summary>What the log is folded into.</summary>
    public PredictionTable Table { get; }

    /// <summary>Bytes that opening cut off the end of the last segment: rows that a kill left half written and nobody was
    /// answered.</summary>
    public long CutBytes { get; private set; }

    /// <summary>Rows logged since the endpoint exists.</summary>
    public long Rows => Interlocked.Read(ref _sequence) - 1;

    /// <summary>Ids that a retry would find.</summary>
    public int KnownIds => _index.Count;

    /// <summary>Opens the log for writing, and learns which ids were answered.</summary>
    /// <exception cref="IOException">Another process writes it.</exception>
    public static PredictionLog Open(PredictionTable table, PredictionLogOptions options, TimeProvider clock)
    {
        Directory.CreateDirectory(table.Folder);
        var @lock = table.TryLockWriter() ?? throw new IOException(
            $"The predictions of the endpoint '{table.Endpoint}' are being written by another process ('{table.Folder}'). One "
                + $"'millrace serve' serves an endpoint.");
        var log = new PredictionLog(table, options, clock, @lock);
        try
        {
            log.Recover();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Remembers a model version's signature beside the log, so that a row can be read as what it was answered as.</summary>
    /// <exception cref="InvalidDataException">The version was served with another signature before.</exception>
    public void Register(ModelIdentity model)
    {
        var path = Table.SignaturePath(model.Model, model.Version);
        if (File.Exists(path))
        {
            if (!ModelIdentity.FromJson(JsonNode.Parse(File.ReadAllBytes(path))!).Signature.Equals(model.Signature))
            {
                throw new InvalidDataException(
                    $"Version {model.Version} of the model '{model.Model}' has another signature than the one of that name that was "
                        + $"served before ('{path}'). A version never changes.");
            }

            return;
        }

        DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        DurableFile.Write(temporary, System.Text.Encoding.UTF8.GetBytes(model.ToJson().ToJsonString()));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Ends the segment being written, if it holds rows, so that it can be folded.</summary>
    /// <param name="minimumAge">A younger segment goes on. <see cref="TimeSpan.Zero"/> ends any.</param>
    public void Seal(TimeSpan minimumAge)
    {
        TakeTurn();
        try
        {
            if (_length > SegmentFile.HeaderBytes && _clock.GetElapsedTime(_begun) >= minimumAge)
                Begin(_number + 1);
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Closes the segment and lets another process write. Nothing may be appended any more.</summary>
    public void Dispose()
    {
        TakeTurn();
        try
        {
            _segment?.Dispose();
            _segment = null;
            _isClosed = true;
            _lock.Dispose();
        }
        finally
        {
            EndTurn();
        }
    }

    internal PredictionIndex Index => _index;

    /// <summary>The logged answers of known rows, as one row each.</summary>
    internal LoggedRow[] Load(TensorData ids, IReadOnlyList<(int Row, Place Place)> known)
    {
        var answers = new LoggedRow[known.Count];
        RowsFrame? frame = null;
        (long Segment, long At) held = default;
        try
        {
            for (var i = 0; i < known.Count; i++)
            {
                var (row, place) = known[i];
                if (frame is null || held != (place.Segment, place.At))
                {
                    frame?.Dispose();
                    frame = place.Segment < 0 ? null : TryRead(place);
                    held = (place.Segment, place.At);
                }

                answers[i] = frame is not null
                    ? LoggedRow.Of(frame, place.Row)
                    : Table.Find(System.Text.Encoding.UTF8.GetString(ids.Text(row))) ?? throw new InvalidDataException(
                        $"The prediction '{System.Text.Encoding.UTF8.GetString(ids.Text(row))}' was answered, and neither a segment "
                            + $"nor the table in '{Table.Folder}' holds it any more.");
            }

            return answers;
        }
        finally
        {
            frame?.Dispose();
        }
    }

    private RowsFrame? TryRead(Place place)
    {
        List<ModelIdentity>? models;
        lock (_models)
            models = _models.GetValueOrDefault(place.Segment);
        using var segment = models is null ? null : SegmentFile.TryOpen(Table.Folder, place.Segment);
        var payload = segment?.ReadPayload(place.At);
        return payload is null ? null : RowsFrame.Read(payload, models!);
    }

    private void Recover()
    {
        // Segments are opened before the table is read: one that a fold takes away meanwhile is in the table then.
        var numbers = SegmentFile.Numbers(Table.Folder);
        var open = numbers.Select(n => SegmentFile.TryOpen(Table.Folder, n)).OfType<SegmentFile>().ToList();
        try
        {
            var (foldedThrough, next) = Table.Folded();
            _sequence = next;
            foreach (var (id, hash) in Table.RecentIds(_options.RememberedIds))
                _index.Add(RowHash.OfId(id), new Place(hash, -1, 0, 0));
            foreach (var segment in open.Where(s => s.Number > foldedThrough))
                Learn(segment, isLast: segment.Number == numbers[^1]);
            _index.FoldedThrough(foldedThrough);
            _number = Math.Max(Math.Max(foldedThrough, 0), numbers.Count > 0 ? numbers[^1] : 0);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }
    }

    private void Learn(SegmentFile segment, bool isLast)
    {
        var number = segment.Number;
        List<ModelIdentity> models = [];
        var (whole, next) = segment.Scan((at, payload, named) =>
        {
            while (models.Count < named.Count)
                models.Add(named[models.Count]);
            using var frame = RowsFrame.Read(payload, named);
            for (var row = 0; frame.Ids is not null && row < frame.Rows; row++)
                _index.Add(RowHash.OfId(frame.Ids.Text(row)), new Place(frame.Hashes[row], number, at, row));
        });
        _models[number] = models;
        _sequence = Math.Max(_sequence, next);
        if (isLast)
            CutBytes = PredictionTable.Cut(segment, whole);
    }
}
