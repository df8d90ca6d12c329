using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>One ONNX model, ready to run.</summary>
/// <remarks>
/// Many threads may run one session at once. A run that is under way when the session is disposed ends as if it had not been; one that
/// begins later throws <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed unsafe class OrtSession : IDisposable
{
    /// <summary>The version of ONNX Runtime that this binding is written for and tested against.</summary>
    public const string PinnedVersion = OrtApi.PinnedVersion;

    private const int OnStack = 256;

    private readonly OrtSessionHandle _handle;
    private readonly OrtValueInfo[] _inputs;
    private readonly OrtValueInfo[] _outputs;
    private readonly string? _unreadable;

    private OrtSession(OrtSessionHandle handle)
    {
        _handle = handle;
        _inputs = OrtModel.Inputs(handle);
        _outputs = OrtModel.Outputs(handle);
        _unreadable = Unreadable();
        Metadata = OrtModel.Metadata(handle);
        OrtModel.KeepNames(handle, _inputs, _outputs);
    }

    /// <summary>The version of the library that was loaded, such as <c>1.30.0</c>.</summary>
    /// <exception cref="DllNotFoundException">The library was not found; the message names every path that was tried.</exception>
    public static string Version => OrtApi.LibraryVersion;

    /// <summary>What a run must be given, in the graph's order. Inputs with a default in the graph are not among them.</summary>
    public IReadOnlyList<OrtValueInfo> Inputs => _inputs;

    /// <summary>What a run gives, in the graph's order.</summary>
    public IReadOnlyList<OrtValueInfo> Outputs => _outputs;

    public OrtMetadata Metadata { get; }

    /// <summary>Opens a model from the bytes of its file. The bytes are not needed afterwards.</summary>
    /// <exception cref="OrtException">The bytes are no model, its graph is wrong, or it uses an operator that the engine lacks.</exception>
    /// <exception cref="DllNotFoundException">The library was not found; the message names every path that was tried.</exception>
    /// <exception cref="InvalidOperationException">The library has another version than <see cref="PinnedVersion"/>.</exception>
    public static OrtSession Open(ReadOnlySpan<byte> model, OrtSessionOptions? options = null)
    {
        options ??= OrtSessionOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.IntraOpThreads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InterOpThreads, 1);

        using var settings = Settings(options);
        nint session;
        fixed (byte* bytes = model)
            OrtApi.Check(OrtApi.CreateSessionFromArray(bytes, (nuint)model.Length, settings.DangerousGetHandle(), &session));
        var handle = new OrtSessionHandle(session);
        try
        {
            return new OrtSession(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Runs the model on inputs in the order of <see cref="Inputs"/>; gives outputs in the order of <see cref="Outputs"/>.</summary>
    /// <exception cref="ArgumentException">An input is missing, or has another type or shape than the graph asks for.</exception>
    /// <exception cref="NotSupportedException">The graph takes or gives something other than tensors.</exception>
    /// <exception cref="OrtException">The engine could not compute the outputs.</exception>
    public OrtTensor[] Run(params ReadOnlySpan<OrtTensor> inputs)
    {
        var outputs = new OrtTensor?[_outputs.Length];
        Run(inputs, outputs);
        return outputs!;
    }

    /// <summary>Runs the model on inputs by name.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{OrtTensor})"/>
    public OrtTensor[] Run(IReadOnlyDictionary<string, OrtTensor> inputs)
    {
        foreach (var name in inputs.Keys)
        {
            if (!_inputs.Any(i => i.Name == name))
                throw new ArgumentException($"The model has no input '{name}'. Its inputs are: {Names(_inputs)}.", nameof(inputs));
        }

        var ordered = new OrtTensor[_inputs.Length];
        for (var i = 0; i < ordered.Length; i++)
        {
            if (!inputs.TryGetValue(_inputs[i].Name, out var tensor))
                throw new ArgumentException($"The input '{_inputs[i].Name}' is missing. The model's inputs are: {Names(_inputs)}.", nameof(inputs));
            ordered[i] = tensor;
        }

        return Run(ordered.AsSpan());
    }

    /// <summary>Runs the model into outputs of the caller.</summary>
    /// <param name="outputs">
    /// As many as <see cref="Outputs"/>. A tensor that stands there is written into and must have the shape that comes out; where null
    /// stands, a new tensor is put. After an exception new tensors are not put and what tensors of the caller hold is undefined.
    /// </param>
    /// <inheritdoc cref="Run(ReadOnlySpan{OrtTensor})"/>
    public void Run(ReadOnlySpan<OrtTensor> inputs, Span<OrtTensor?> outputs)
    {
        CheckFit(inputs, outputs);

        var all = inputs.Length + outputs.Length;
        Span<nint> values = all <= OnStack ? stackalloc nint[all] : new nint[all];
        values.Clear();
        var held = 0;
        var holdsSession = false;
        try
        {
            _handle.DangerousAddRef(ref holdsSession);
            for (; held < all; held++)
            {
                if ((held < inputs.Length ? inputs[held] : outputs[held - inputs.Length]) is { } tensor)
                    values[held] = tensor.Hold();
            }

            fixed (nint* given = values)
            {
                OrtApi.Check(OrtApi.Run(
                    _handle.DangerousGetHandle(),
                    _handle.Names, given, (nuint)inputs.Length,
                    _handle.Names + inputs.Length, (nuint)outputs.Length, given + inputs.Length));
            }
        }
        finally
        {
            for (var i = 0; i < held; i++)
                (i < inputs.Length ? inputs[i] : outputs[i - inputs.Length])?.Release();
            if (holdsSession)
                _handle.DangerousRelease();
        }

        OrtTensor.Wrap(values[inputs.Length..], outputs);
    }

    public void Dispose() => _handle.Dispose();

    private static OrtSessionOptionsHandle Settings(OrtSessionOptions options)
    {
        nint made;
        OrtApi.Check(OrtApi.CreateSessionOptions(&made));
        var settings = new OrtSessionOptionsHandle(made);
        try
        {
            OrtApi.Check(OrtApi.SetIntraOpNumThreads(made, options.IntraOpThreads));
            OrtApi.Check(OrtApi.SetInterOpNumThreads(made, options.InterOpThreads));
            if (!options.KeepsMemory)
                OrtApi.Check(OrtApi.DisableCpuMemArena(made));
            if (!options.PlansMemoryByShape)
                OrtApi.Check(OrtApi.DisableMemPattern(made));

            // A thread that waits for work must not burn the processor that another request needs.
            fixed (byte* no = "0"u8, intra = "session.intra_op.allow_spinning"u8, inter = "session.inter_op.allow_spinning"u8)
            {
                OrtApi.Check(OrtApi.AddSessionConfigEntry(made, intra, no));
                OrtApi.Check(OrtApi.AddSessionConfigEntry(made, inter, no));
            }

            return settings;
        }
        catch
        {
            settings.Dispose();
            throw;
        }
    }

    private static string Names(OrtValueInfo[] values) => string.Join(", ", values.Select(v => v.Name));

    private string? Unreadable()
    {
        foreach (var (what, values) in new[] { ("input", _inputs), ("output", _outputs) })
        {
            foreach (var value in values)
            {
                if (value.Kind != OrtValueKind.Tensor)
                    return $"The {what} '{value.Name}' is of the kind {value.Kind}. Only tensors can be given and read.";
                if (value.ElementType != OrtElementType.String && OrtTensor.Width(value.ElementType) == 0)
                    return $"The {what} '{value.Name}' has elements of the type {value.ElementType}, which cannot be given or read.";
            }
        }

        return null;
    }

    private void CheckFit(ReadOnlySpan<OrtTensor> inputs, Span<OrtTensor?> outputs)
    {
        if (_unreadable is not null)
            throw new NotSupportedException(_unreadable);
        if (inputs.Length != _inputs.Length)
            throw new ArgumentException($"The model has {_inputs.Length} inputs ({Names(_inputs)}) and was given {inputs.Length}.", nameof(inputs));
        if (outputs.Length != _outputs.Length)
            throw new ArgumentException($"The model has {_outputs.Length} outputs ({Names(_outputs)}) and was given {outputs.Length}.", nameof(outputs));

        for (var i = 0; i < inputs.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(inputs[i], _inputs[i].Name);
            if (_inputs[i].Misfit(inputs[i]) is { } misfit)
                throw new ArgumentException($"The input {misfit}.", nameof(inputs));
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            if (outputs[i] is { } output && _outputs[i].Misfit(output) is { } misfit)
                throw new ArgumentException($"The output {misfit}.", nameof(outputs));
        }
    }
}
