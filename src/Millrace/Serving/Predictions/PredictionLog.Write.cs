using System.Buffers;

namespace Millrace.Serving.Predictions;

public sealed partial class PredictionLog
{
    /// <summary>Batches that one caller writes for others before it goes on with its own answer.</summary>
    private const int MostTurns = 8;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _idle = new(0);
    private readonly List<ReadOnlyMemory<byte>> _buffers = [];
    private List<Pending> _waiting = [];
    private List<Pending> _writing = [];
    private bool _isWriting;
    private bool _isClosed;
    private int _seekers;

    /// <summary>Puts a request's new rows into the log, and ends its claim.</summary>
    /// <param name="frame">A rented array, given back here.</param>
    /// <param name="length">Its used bytes.</param>
    /// <returns>The sequence of the first row.</returns>
    /// <exception cref="ServingException">The log cannot be written, such as on a full disk; nothing was logged.</exception>
    internal ValueTask<long> AppendAsync(ModelIdentity model, byte[] frame, int length, int rows, Claim? claim)
    {
        var pending = new Pending(model, frame, length, rows, claim);
        bool isWriter;
        lock (_gate)
        {
            _waiting.Add(pending);
            isWriter = !_isWriting;
            _isWriting = true;
        }

        if (isWriter)
            WriteWaiting();
        else if (!pending.IsDoneSoon())
            return new ValueTask<long>(pending.LaterAsync());
        return pending.Failure is null ? new ValueTask<long>(pending.Sequence) : ValueTask.FromException<long>(pending.Failure);
    }

    /// <summary>Writes what waits, a few times over; then a thread of the pool goes on, so that the caller's own answer goes
    /// out.</summary>
    private void WriteWaiting()
    {
        for (var turn = 1; ; turn++)
        {
            lock (_gate)
                (_writing, _waiting) = (_waiting, _writing);
            WriteTaken();
            if (turn == MostTurns || !GoesOn())
                break;
        }

        EndTurn();
    }

    private bool GoesOn()
    {
        lock (_gate)
            return _waiting.Count > 0 && _seekers == 0;
    }

    private void WriteTaken()
    {
        Failpoint.Pass("predictions.taken");
        try
        {
            Write(_writing);
        }
        catch (Exception e)
        {
            foreach (var pending in _writing)
                pending.Failure ??= e as ServingException ?? new ServingException(Refusal.NotReady,
                    $"The prediction was not answered, since its log cannot be written ({e.Message}) Try again later.", e);
        }

        Failpoint.Pass("predictions.written");
        foreach (var pending in _writing)
            Finish(pending);
        _writing.Clear();
    }

    private void Finish(Pending pending)
    {
        ArrayPool<byte>.Shared.Return(pending.Frame);
        if (pending.Claim is { } claim)
        {
            if (pending.Failure is null)
                _index.Logged(claim, pending.Segment, pending.At);
            else
                _index.Abandon(claim);
        }

        pending.Complete();
    }

    private void Write(List<Pending> batch)
    {
        if (_isClosed)
            throw new ServingException(Refusal.NotReady, $"The endpoint '{Table.Endpoint}' is closing. Try again later.");
        var isOld = _length > SegmentFile.HeaderBytes && _clock.GetElapsedTime(_begun) >= _options.SegmentAge;
        if (_segment is null || _length >= _options.SegmentBytes || isOld)
            Begin(_number + 1);

        var models = _models[_number];
        var known = models.Count;
        var at = _length;
        var sequence = _sequence;
        _buffers.Clear();
        if (at == 0)
            Take(SegmentFile.HeaderOf(sequence), ref at);
        foreach (var pending in batch)
        {
            var model = models.IndexOf(pending.Model);
            if (model < 0)
            {
                Take(SegmentFile.FrameOf(pending.Model), ref at);
                model = models.Count;
                lock (_models)
                    models.Add(pending.Model);
            }

            RowsFrame.Place(pending.Frame.AsSpan(0, pending.Length), model, sequence);
            (pending.Sequence, pending.Segment, pending.At) = (sequence, _number, at);
            Take(pending.Frame.AsMemory(0, pending.Length), ref at);
            sequence += pending.Rows;
        }

        try
        {
            if (_buffers.Count == 1)
                RandomAccess.Write(_segment!, _buffers[0].Span, _length);
            else
                RandomAccess.Write(_segment!, _buffers, _length);
        }
        catch
        {
            lock (_models)
                models.RemoveRange(known, models.Count - known);
            TakeBack();
            throw;
        }

        _length = at;
        Interlocked.Exchange(ref _sequence, sequence);
    }

    private void Take(ReadOnlyMemory<byte> bytes, ref long at)
    {
        _buffers.Add(bytes);
        at += bytes.Length;
    }

    /// <summary>Half a write must not stand before the next one.</summary>
    private void TakeBack()
    {
        try
        {
            RandomAccess.SetLength(_segment!, _length);
        }
        catch (IOException)
        {
            _isClosed = true;
        }
    }

    private void Begin(long number)
    {
        var next = File.OpenHandle(
            SegmentFile.PathOf(Table.Folder, number), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _segment?.Dispose();
        (_segment, _number, _length, _begun) = (next, number, 0, _clock.GetTimestamp());
        var standing = SegmentFile.Numbers(Table.Folder);
        _index.FoldedThrough(standing[0] - 1);
        lock (_models)
        {
            foreach (var gone in _models.Keys.Where(k => k < standing[0]).ToList())
                _models.Remove(gone);
            _models[number] = [];
        }
    }

    /// <summary>Becomes the only one who writes.</summary>
    private void TakeTurn()
    {
        lock (_gate)
        {
            if (!_isWriting)
            {
                _isWriting = true;
                return;
            }

            _seekers++;
        }

        _idle.Wait();
    }

    private void EndTurn()
    {
        lock (_gate)
        {
            if (_seekers > 0)
            {
                _seekers--;
                _idle.Release();
                return;
            }

            if (_waiting.Count == 0)
            {
                _isWriting = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static log => log.WriteWaiting(), this, preferLocal: false);
    }

    private sealed class Pending(ModelIdentity model, byte[] frame, int length, int rows, Claim? claim)
    {
        private TaskCompletionSource<long>? _later;
        private readonly Lock _turn = new();
        private bool _isDone;

        public ModelIdentity Model { get; } = model;

        public byte[] Frame { get; } = frame;

        public int Length { get; } = length;

        public int Rows { get; } = rows;

        public Claim? Claim { get; } = claim;

        public Exception? Failure { get; set; }

        public long Sequence { get; set; }

        public long Segment { get; set; }

        public long At { get; set; }

        /// <summary>Waits for as long as a write takes; a thread of the pool would come later than that.</summary>
        public bool IsDoneSoon()
        {
            for (var i = 0; i < 20; i++)
            {
                if (Volatile.Read(ref _isDone))
                    return true;
                Thread.SpinWait(8);
            }

            return Volatile.Read(ref _isDone);
        }

        public Task<long> LaterAsync()
        {
            var later = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_turn)
                _later = later;
            if (Volatile.Read(ref _isDone))
                Tell(later);
            return later.Task;
        }

        public void Complete()
        {
            Volatile.Write(ref _isDone, true);
            lock (_turn)
            {
                if (_later is { } later)
                    Tell(later);
            }
        }

        private void Tell(TaskCompletionSource<long> later)
        {
            if (Failure is { } failure)
                later.TrySetException(failure);
            else
                later.TrySetResult(Sequence);
        }
    }
}
