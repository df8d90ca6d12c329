using System.Globalization;
using System.Text;
using Millrace.Serving.Predictions;

namespace Millrace.Serving;

/// <summary>One request while it is read and answered; every wire format fills it through the same door, which checks
/// everything.</summary>
/// <remarks>Holds the model version that was in force when it began, until it is disposed. One thread at a time.</remarks>
public sealed class InferenceRequest : IDisposable
{
    private static readonly TensorSpec TimeSpec = new(ModelSignature.EventTime, TensorType.Bytes);

    private readonly EndpointRuntime _endpoint;
    private readonly ServedModel _model;
    private readonly TensorData?[] _inputs;
    private readonly long _begun;
    private readonly long _receivedAt;
    private List<string>? _wanted;
    private TensorData? _ids;
    private TensorData? _names;
    private TensorData? _times;
    private byte[]? _requestId;
    private int _rows = -1;
    private string _rowsOf = "";

    internal InferenceRequest(EndpointRuntime endpoint, ServedModel model)
    {
        (_endpoint, _model) = (endpoint, model);
        _inputs = new TensorData?[Signature.Inputs.Count];
        _begun = endpoint.Clock.GetTimestamp();
        _receivedAt = Micros(endpoint.Clock.GetUtcNow());
    }

    /// <summary>The version that will answer.</summary>
    public ModelIdentity Model => _model.Identity;

    /// <summary>The request's id, echoed in the answer; null for none.</summary>
    public string? Id { get; private set; }

    /// <summary>The outputs asked for, in their order; null for all.</summary>
    public IReadOnlyList<string>? Wanted => _wanted;

    /// <summary>Whether the log names the predictions, since neither <c>prediction_id</c> nor a request id came.</summary>
    public bool IsUnnamed { get; private set; }

    private ModelSignature Signature => _model.Identity.Signature;

    /// <summary>Sets the request's id.</summary>
    /// <exception cref="ServingException">It is empty, too long, or of the kind that the log makes.</exception>
    public void SetId(string id)
    {
        Id = id;
        _requestId = Encoding.UTF8.GetBytes(id);
        CheckId(_requestId, "The request's id");
    }

    /// <summary>Asks for an output; without any, all come.</summary>
    /// <exception cref="ServingException">The model has no such output.</exception>
    public void Want(string output)
    {
        if (output != ModelSignature.PredictionId && !Signature.Outputs.Any(o => o.Name == output))
            throw Invalid($"Output '{output}' is unknown. The model has: {string.Join(", ", Signature.Outputs.Select(o => o.Name))}, "
                + $"and {ModelSignature.PredictionId}.");
        _wanted ??= [];
        if (_wanted.Contains(output))
            throw Invalid($"Output '{output}' is asked for twice.");
        _wanted.Add(output);
    }

    /// <summary>Begins an input.</summary>
    /// <param name="name">An input of the model, or <c>prediction_id</c>, or <c>event_time</c> (ISO 8601; without zone it is UTC).</param>
    /// <param name="datatype">The protocol's word. It must be the input's type or one whose every value is a value of it.</param>
    /// <param name="shape">[rows, width], or [rows] where the width is 1; rows are the same for all inputs.</param>
    /// <returns>Takes the elements.</returns>
    /// <exception cref="ServingException">Something of it is wrong; the message names the tensor, what is expected and what was
    /// given.</exception>
    public TensorWriter AddInput(string name, string datatype, ReadOnlySpan<long> shape)
    {
        var index = Signature.IndexOfInput(name);
        var isId = index < 0 && name == ModelSignature.PredictionId;
        if (index < 0 && !isId && name != ModelSignature.EventTime)
            throw Invalid($"Input '{name}' is unknown. The model takes: {string.Join(", ", Signature.Inputs.Select(i => i.Name))}.");
        var spec = index >= 0 ? Signature.Inputs[index] : isId ? InferenceRows.IdSpec : TimeSpec;
        ref var place = ref (index >= 0 ? ref _inputs[index] : ref (isId ? ref _ids : ref _times));
        if (place is not null)
            throw Invalid($"Input '{name}' comes twice.");
        var given = spec.Type;
        if (datatype != spec.Type.Word())
            given = Narrower(spec, datatype);
        place = new TensorData(spec, CheckShape(spec, shape));
        return new TensorWriter(place, given);
    }

    private static TensorType Narrower(TensorSpec spec, string datatype)
    {
        var name = spec.Name;
        if (datatype is "FP16" or "BF16")
            throw Invalid($"Input '{name}': expected {spec.Type.Word()}, given {datatype}, which JSON does not carry.");
        if (!TensorTypes.TryParse(datatype, out var given))
            throw Invalid($"Input '{name}': expected {spec.Type.Word()}, given '{datatype}', which is no datatype of the protocol.");
        if (!TensorTypes.Widens(given, spec.Type))
            throw Invalid($"Input '{name}': expected {spec.Type.Word()}, given {datatype}.");
        return given;
    }

    /// <summary>Checks that the request is whole, scores the rows that were not answered before, logs them, and gives the
    /// answer.</summary>
    /// <exception cref="ServingException">The request is not whole, an id was used with other inputs, or the log cannot be
    /// written.</exception>
    public async ValueTask<InferenceAnswer> AnswerAsync(CancellationToken cancellationToken)
    {
        Check();
        _names = _ids ?? NamesOfRequest();
        IsUnnamed = _names is null;
        var times = Times();
        var hashes = RowHash.OfRows(_inputs!, _rows);
        if (_names is not { } names)
            return await AnswerUnnamedAsync(times, hashes).ConfigureAwait(false);

        var claim = await _endpoint.Log.Index.ClaimAsync(names, hashes, cancellationToken).ConfigureAwait(false);
        return claim.NewRows.Count == _rows
            ? await AnswerNewAsync(claim, names, times, hashes).ConfigureAwait(false)
            : await AnswerRetryAsync(claim, names, times, hashes).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var input in _inputs)
            input?.Dispose();
        _ids?.Dispose();
        _names?.Dispose();
        _times?.Dispose();
        _model.LetGo();
    }

    private static long Micros(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    private static ServingException Invalid(string message) => new(Refusal.Invalid, message);

    /// <summary>The names belong to the answer from here on.</summary>
    private TensorData Handed(TensorData names)
    {
        (_ids, _names) = (null, null);
        return names;
    }

    private async ValueTask<InferenceAnswer> AnswerUnnamedAsync(long[]? times, ulong[] hashes)
    {
        var outputs = _model.Score(_inputs!, _rows);
        var first = await LogAsync(null, _rows, null, times, hashes, _inputs!, outputs).ConfigureAwait(false);
        var names = new TensorData(InferenceRows.IdSpec, _rows);
        for (var row = 0; row < _rows; row++)
            names.AddText(InferenceRows.IdOf(first + row));
        return new InferenceAnswer(Model, _rows, outputs, 0, names);
    }

    private async ValueTask<InferenceAnswer> AnswerNewAsync(Claim claim, TensorData names, long[]? times, ulong[] hashes)
    {
        TensorData[] outputs;
        try
        {
            outputs = _model.Score(_inputs!, _rows);
        }
        catch
        {
            _endpoint.Log.Index.Abandon(claim);
            throw;
        }

        await LogAsync(claim, _rows, names, times, hashes, _inputs!, outputs).ConfigureAwait(false);
        return new InferenceAnswer(Model, _rows, outputs, 0, Handed(names));
    }

    /// <summary>Some rows were answered before: these get their logged answers, the others are scored and logged.</summary>
    private async ValueTask<InferenceAnswer> AnswerRetryAsync(Claim claim, TensorData names, long[]? times, ulong[] hashes)
    {
        var fresh = claim.NewRows.Count;
        var scored = Array.Empty<TensorData>();
        LoggedRow[] logged = [];
        var selected = new List<TensorData>();
        try
        {
            try
            {
                var known = Enumerable.Range(0, _rows).Where(r => claim.Places[r] is not null)
                    .Select(r => (r, claim.Places[r]!.Value)).ToList();
                logged = _endpoint.Log.Load(names, known);
                var model = OneModel(logged, fresh);
                if (fresh > 0)
                {
                    selected.AddRange(_inputs.Select(i => Select(i!, claim.NewRows)));
                    selected.Add(Select(names, claim.NewRows));
                    scored = _model.Score(selected[.._inputs.Length], fresh);
                }

                var outputs = Together(model, claim, logged, scored);
                if (fresh == 0)
                    return new InferenceAnswer(model, _rows, outputs, _rows, Handed(names));

                var ownTimes = times is null ? null : claim.NewRows.Select(r => times[r]).ToArray();
                var ownHashes = claim.NewRows.Select(r => hashes[r]).ToArray();
                var owned = claim;
                claim = null!;
                await LogAsync(owned, fresh, selected[^1], ownTimes, ownHashes, selected[.._inputs.Length], scored, keepOutputs: true)
                    .ConfigureAwait(false);
                return new InferenceAnswer(model, _rows, outputs, _rows - fresh, Handed(names));
            }
            finally
            {
                if (claim is not null)
                    _endpoint.Log.Index.Abandon(claim);
            }
        }
        finally
        {
            foreach (var row in logged)
                row.Dispose();
            foreach (var tensor in selected.Concat(scored))
                tensor.Dispose();
        }
    }

    /// <summary>Logs rows and ends their claim, whatever happens. Outputs that were not logged are disposed.</summary>
    private async ValueTask<long> LogAsync(
        Claim? claim, int rows, TensorData? names, long[]? times, ulong[] hashes, IReadOnlyList<TensorData> inputs, TensorData[] outputs,
        bool keepOutputs = false)
    {
        try
        {
            byte[] frame;
            int length;
            try
            {
                (frame, length) = RowsFrame.Write(
                    new InferenceRows
                    {
                        Count = rows, ReceivedAt = _receivedAt, RequestId = _requestId, Ids = names, EventTimes = times, Hashes = hashes,
                        LatencyMicroseconds = (int)Math.Min(int.MaxValue, _endpoint.Clock.GetElapsedTime(_begun).TotalMicroseconds),
                    },
                    inputs, outputs);
            }
            catch
            {
                if (claim is not null)
                    _endpoint.Log.Index.Abandon(claim);
                throw;
            }

            return await _endpoint.Log.AppendAsync(Model, frame, length, rows, claim).ConfigureAwait(false);
        }
        catch
        {
            foreach (var output in keepOutputs ? [] : outputs)
                output.Dispose();
            throw;
        }
    }

    private static TensorData Select(TensorData from, List<int> rows)
    {
        var tensor = new TensorData(from.Spec, rows.Count);
        foreach (var row in rows)
            tensor.AddRow(from, row);
        return tensor;
    }

    private ModelIdentity OneModel(LoggedRow[] logged, int fresh)
    {
        var model = logged[0].Model;
        var other = logged.Select(l => l.Model).Append(fresh > 0 ? Model : model)
            .FirstOrDefault(m => m.Version != model.Version || m.Model != model.Model);
        return other is null
            ? model
            : throw Invalid($"Some rows of the request were answered before by version {model.Version} and others belong to version "
                + $"{other.Version}. An answer names one "
                + "version: send the rows that are retried apart from the others.");
    }

    private TensorData[] Together(ModelIdentity model, Claim claim, LoggedRow[] logged, TensorData[] scored)
    {
        var outputs = new TensorData[model.Signature.Outputs.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = new TensorData(model.Signature.Outputs[i], _rows);
            var (before, now) = (0, 0);
            for (var row = 0; row < _rows; row++)
            {
                if (claim.Places[row] is not null)
                    outputs[i].AddRow(logged[before++].Outputs[i], 0);
                else
                    outputs[i].AddRow(scored[i], now++);
            }
        }

        return outputs;
    }

    private void Check()
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            if (_inputs[i] is not { } input)
                throw Invalid($"Input '{Signature.Inputs[i].Name}' is missing: expected {Signature.Inputs[i].Type.Word()} of shape "
                    + $"{Shape(Signature.Inputs[i])}. Every input of the model is required.");
            if (input.Count != input.Capacity)
                throw Invalid($"Input '{input.Spec.Name}' has {input.Count} elements, and its shape says {input.Capacity}. The count "
                    + $"must be the product of the shape.");
        }

        if (_ids is not null)
        {
            for (var row = 0; row < _rows; row++)
                CheckId(_ids.IsMissing(row) ? [] : _ids.Text(row), string.Create(CultureInfo.InvariantCulture, $"Input "
                    + $"'{ModelSignature.PredictionId}', element {row}"));
        }
    }

    private void CheckId(ReadOnlySpan<byte> id, string what)
    {
        if (id.Length == 0 || id.Length > _endpoint.Limits.MaxIdBytes)
            throw Invalid($"{what} has {id.Length} bytes. An id has 1 to {_endpoint.Limits.MaxIdBytes}.");
        if (id.StartsWith(Encoding.UTF8.GetBytes(InferenceRows.MadeHere)))
            throw Invalid($"{what}, '{Encoding.UTF8.GetString(id)}', begins with '{InferenceRows.MadeHere}', as only ids do that the "
                + $"server makes. Take another one.");
    }

    private int CheckShape(TensorSpec spec, ReadOnlySpan<long> shape)
    {
        var isRight = shape.Length == 2 ? shape[1] == spec.Width : shape.Length == 1 && spec.Width == 1;
        if (!isRight)
            throw Invalid($"Input '{spec.Name}': expected shape {Shape(spec)}, given [{string.Join(",", shape.ToArray())}].");
        if (shape[0] < 1)
            throw Invalid($"Input '{spec.Name}' has {shape[0]} rows. A request has at least 1.");
        if (shape[0] > _endpoint.Limits.MaxRows || shape[0] * spec.Width > int.MaxValue / 16)
        {
            throw new ServingException(Refusal.TooLarge,
                $"Input '{spec.Name}' has {shape[0]} rows, and one request may have {_endpoint.Limits.MaxRows}. Send the rows in "
                    + $"several requests.");
        }

        if (_rows >= 0 && shape[0] != _rows)
            throw Invalid($"Input '{spec.Name}' has {shape[0]} rows and '{_rowsOf}' has {_rows}. All inputs of a request have the same "
                + $"rows.");
        (_rows, _rowsOf) = ((int)shape[0], spec.Name);
        return _rows;
    }

    private static string Shape(TensorSpec spec) => spec.Width == 1 ? "[rows,1] or "
        + "[rows]" : string.Create(CultureInfo.InvariantCulture, $"[rows,{spec.Width}]");

    private TensorData? NamesOfRequest()
    {
        if (_requestId is null)
            return null;
        var names = new TensorData(InferenceRows.IdSpec, _rows);
        for (var row = 0; row < _rows; row++)
        {
            if (_rows == 1)
                names.AddText(_requestId);
            else
                names.AddText(string.Create(CultureInfo.InvariantCulture, $"{Id}/{row}"));
        }

        return names;
    }

    private long[]? Times()
    {
        if (_times is null)
            return null;
        var times = new long[_rows];
        for (var row = 0; row < _rows; row++)
        {
            var text = Encoding.UTF8.GetString(_times.Text(row));
            var isDate = text.Length >= 10 && text[4] == '-' && text[7] == '-';
            if (!isDate || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                throw Invalid($"Input '{ModelSignature.EventTime}', element {row}: '{text}' is no time. Write it as ISO 8601, such as "
                    + $"2026-01-31T13:00:00Z.");
            times[row] = Micros(at);
        }

        return times;
    }
}
