using System.Text.Json.Nodes;
using Millrace.Lake;
using Millrace.Ledger;

namespace Millrace.Serving.Predictions;

public sealed partial class PredictionTable
{
    /// <summary>One commit takes sealed segments until they have this many bytes.</summary>
    private const long BytesOfCommit = 256L << 20;

    /// <summary>Brings the sealed segments into the table, each exactly once, and deletes them. What is being written stays.</summary>
    /// <remarks>
    /// A commit carries <c>txn(appId = predictions/ENDPOINT, version = number of its last segment)</c>. A fold that died after its
    /// commit is taken up:
    /// the version is named in the ledger, and the segments go. Where nobody writes the log, its last segment counts as sealed.
    /// </remarks>
    /// <param name="now">The commits' time.</param>
    /// <returns>What was done; <see cref="FoldResult.IsBusy"/> when another process folds right now.</returns>
    /// <exception cref="InvalidDataException">A sealed segment is damaged. Nothing of it or of later ones was folded.</exception>
    /// <exception cref="LakeException">The table cannot be read or written.</exception>
    public FoldResult Fold(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Folder))
            return new FoldResult(0, 0, false);
        using var turn = TryLock("fold.lock");
        if (turn is null)
            return new FoldResult(0, 0, true);

        var (rows, segments) = (0L, 0);
        var folded = TakeUp();
        foreach (var group in Groups(Sealed(folded)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows += Commit(group, now);
            segments += group.Count;
            Delete(group);
        }

        return new FoldResult(segments, rows, false);
    }

    /// <summary>Names what an interrupted fold committed, and deletes the segments that are in the table.</summary>
    /// <returns>The last segment in the table.</returns>
    private long TakeUp()
    {
        var standing = Standing();
        if (_table.FindTransaction(Journal, (standing?.Version ?? -1) + 1) is { } found)
        {
            _ledger.CommitJournal(new JournalVersion(Journal, found.Version, found.EntryHash, found.Time, (long?)found.Info["rows"] ?? 0));
            standing = Standing();
        }

        var folded = standing is null ? -1 : Marked(standing);
        Delete([.. SegmentFile.Numbers(Folder).Where(n => n <= folded)]);
        return folded;
    }

    private List<long> Sealed(long folded)
    {
        var numbers = SegmentFile.Numbers(Folder).Where(n => n > folded).ToList();
        if (numbers.Count == 0)
            return numbers;
        using var writer = TryLockWriter();
        if (writer is null)
        {
            numbers.RemoveAt(numbers.Count - 1);
            return numbers;
        }

        using var last = SegmentFile.TryOpen(Folder, numbers[^1])!;
        Cut(last, last.Scan((_, _, _) => { }).WholeBytes);
        return numbers;
    }

    private IEnumerable<List<long>> Groups(List<long> numbers)
    {
        var (group, bytes) = (new List<long>(), 0L);
        foreach (var number in numbers)
        {
            group.Add(number);
            bytes += new FileInfo(SegmentFile.PathOf(Folder, number)).Length;
            if (bytes < BytesOfCommit)
                continue;
            yield return group;
            (group, bytes) = ([], 0);
        }

        if (group.Count > 0)
            yield return group;
    }

    private long Commit(List<long> numbers, DateTimeOffset now)
    {
        var segments = numbers.Select(n => SegmentFile.TryOpen(Folder, n)!).ToList();
        try
        {
            var standing = Standing();
            var (schema, ends) = Survey(standing?.Schema, segments);
            for (var i = 0; i < segments.Count; i++)
            {
                if (ends[i] < segments[i].Length)
                    throw Damaged(segments[i], ends[i]);
            }

            if (schema is null)
                return 0;
            using var session = _pool.Rent();
            const string Name = "folded_predictions";
            session.DefineEmpty(Name, schema);
            var rows = Load(session.Connection, Name, schema, segments, ends);
            var options = new StageOptions { Now = now, TimeColumn = "event_time", FailpointPrefix = "predictions" };
            var staged = _table.Stage(session.Connection, $"SELECT * FROM {Name}", schema, options);
            var stamp = new CommitStamp(Journal, numbers[^1], now)
            {
                Info = new JsonObject { ["rows"] = rows, ["firstSegment"] = numbers[0], ["lastSegment"] = numbers[^1] },
                FailpointPrefix = "predictions",
            };
            var request = _table.Append(standing, staged, stamp);
            try
            {
                var result = _table.Commit(request);
                if (result.Adopted)
                    _table.Discard(request);
                _ledger.CommitJournal(new JournalVersion(Journal, result.Version, result.EntryHash, result.Time, rows));
            }
            catch (LakeException)
            {
                _table.Discard(request);
                throw;
            }

            Failpoint.Pass("predictions.named");
            return rows;
        }
        finally
        {
            segments.ForEach(s => s.Dispose());
        }
    }

    private void Delete(List<long> numbers)
    {
        foreach (var number in numbers)
            File.Delete(SegmentFile.PathOf(Folder, number));
    }

    private static InvalidDataException Damaged(SegmentFile segment, long whole) => new(
        $"The prediction segment '{segment.Path}' is damaged at byte {whole} of {segment.Length}: what follows cannot be read. It was "
            + $"sealed, so that no kill "
        + $"explains it. Put the file back from a copy, or cut it to {whole} bytes to give up the predictions behind.");
}

/// <summary>What a fold did.</summary>
/// <param name="Segments">Segments that are in the table now and gone as files.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="IsBusy">True when another process was folding, and nothing was done.</param>
public sealed record FoldResult(int Segments, long Rows, bool IsBusy);
