namespace Millrace.Serving.Predictions;

/// <summary>Where the answer to an id stands.</summary>
/// <param name="InputsHash">Hash of the row's inputs.</param>
/// <param name="Segment">The segment; -1 for a row that was in the table when the log was opened.</param>
/// <param name="At">Where the frame begins.</param>
/// <param name="Row">The row in the frame.</param>
internal readonly record struct Place(ulong InputsHash, long Segment, long At, int Row);

/// <summary>The ids that are known, and those that are being answered right now. Thread-safe.</summary>
internal sealed class PredictionIndex(int remembered)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Place> _known = [];
    private readonly Queue<(UInt128 Key, long Segment)> _order = [];
    private readonly Dictionary<UInt128, (Claim Owner, ulong Hash)> _inFlight = [];
    private long _foldedThrough = -1;

    public int Count
    {
        get
        {
            lock (_gate)
                return _known.Count;
        }
    }

    /// <summary>Says that these segments are in the table, so that their ids may be forgotten once there are too many.</summary>
    public void FoldedThrough(long segment)
    {
        lock (_gate)
            _foldedThrough = Math.Max(_foldedThrough, segment);
    }

    public void Add(UInt128 key, Place place)
    {
        lock (_gate)
            Put(key, place);
    }

    /// <summary>Takes the ids of a request: those that are known get their places, the others belong to the claim until it ends.</summary>
    /// <remarks>An id that another request is answering is waited for, with nothing taken, so that two requests never wait for each
    /// other.</remarks>
    /// <exception cref="ServingException">An id is known with other inputs, or stands twice in the request.</exception>
    public async ValueTask<Claim> ClaimAsync(TensorData ids, ulong[] hashes, CancellationToken cancellationToken)
    {
        var claim = new Claim(ids, hashes);
        while (true)
        {
            Task? other;
            lock (_gate)
                other = TryClaim(claim);
            if (other is null)
                return claim;
            await other.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a claim whose new rows were logged in one frame, in their order.</summary>
    public void Logged(Claim claim, long segment, long at)
    {
        lock (_gate)
        {
            for (var i = 0; i < claim.NewRows.Count; i++)
            {
                var row = claim.NewRows[i];
                Put(claim.Keys[row], new Place(claim.Hashes[row], segment, at, i));
            }

            Release(claim);
        }
    }

    /// <summary>Ends a claim of which nothing was logged: a retry answers its rows.</summary>
    public void Abandon(Claim claim)
    {
        lock (_gate)
            Release(claim);
    }

    private Task? TryClaim(Claim claim)
    {
        claim.NewRows.Clear();
        for (var row = 0; row < claim.Keys.Length; row++)
        {
            if (_known.TryGetValue(claim.Keys[row], out var place))
            {
                if (place.InputsHash != claim.Hashes[row])
                    throw OtherInputs(claim, row);
                claim.Places[row] = place;
            }
            else if (_inFlight.TryGetValue(claim.Keys[row], out var other))
            {
                return other.Hash == claim.Hashes[row] ? other.Owner.Ended : throw OtherInputs(claim, row);
            }
            else
            {
                claim.Places[row] = null;
                claim.NewRows.Add(row);
            }
        }

        foreach (var row in claim.NewRows)
        {
            if (!_inFlight.TryAdd(claim.Keys[row], (claim, claim.Hashes[row])))
            {
                Release(claim);
                throw new ServingException(Refusal.Invalid,
                    $"The prediction id '{claim.IdText(row)}' stands twice in the request. Give each row an id of its own.");
            }
        }

        return null;
    }

    private void Put(UInt128 key, Place place)
    {
        _known[key] = place;
        _order.Enqueue((key, place.Segment));
        while (_order.Count > remembered && _order.Peek() is var oldest && oldest.Segment <= _foldedThrough)
        {
            _order.Dequeue();
            if (_known.TryGetValue(oldest.Key, out var standing) && standing.Segment == oldest.Segment)
                _known.Remove(oldest.Key);
        }
    }

    private void Release(Claim claim)
    {
        foreach (var row in claim.NewRows)
        {
            if (_inFlight.TryGetValue(claim.Keys[row], out var other) && other.Owner == claim)
                _inFlight.Remove(claim.Keys[row]);
        }

        claim.End();
    }

    private static ServingException OtherInputs(Claim claim, int row) => new(Refusal.Invalid,
        $"The prediction id '{claim.IdText(row)}' was used before with other inputs (row {row} of this request). A retry sends the "
            + $"same inputs; a new "
        + "prediction needs a new id.");
}

/// <summary>The ids of one request while it is being answered.</summary>
internal sealed class Claim
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TensorData _ids;

    public Claim(TensorData ids, ulong[] hashes)
    {
        _ids = ids;
        Hashes = hashes;
        Keys = new UInt128[ids.Count];
        for (var row = 0; row < Keys.Length; row++)
            Keys[row] = RowHash.OfId(ids.Text(row));
        Places = new Place?[Keys.Length];
    }

    public UInt128[] Keys { get; }

    public ulong[] Hashes { get; }

    /// <summary>Where each row's answer stands already; null for a new row.</summary>
    public Place?[] Places { get; }

    /// <summary>The rows that nobody has answered yet, rising.</summary>
    public List<int> NewRows { get; } = [];

    /// <summary>When its rows are logged or given up.</summary>
    public Task Ended => _ended.Task;

    public string IdText(int row) => System.Text.Encoding.UTF8.GetString(_ids.Text(row));

    public void End() => _ended.TrySetResult();
}
