using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Millrace.Native;

namespace Millrace.Scoring;

/// <summary>Room for the inputs and outputs of some rows of one model: fill every input, score, read the outputs, dispose.</summary>
/// <remarks>
/// Belongs to one thread at a time. Disposing gives it back to its model, which hands it out again: neither it nor a span from it may be
/// used after that. For one row, and for as many rows as the time before, nothing is allocated.
/// </remarks>
public sealed class ModelBatch : IDisposable
{
    private readonly OnnxModel _model;
    private readonly BatchColumn[] _inputs;
    private readonly BatchColumn[] _outputs;
    private readonly OrtTensor[] _given;
    private readonly OrtTensor?[] _made;
    private readonly bool[] _isFilled;
    private float[] _room = [];
    private bool _isRented;
    private bool _isScored;

    internal ModelBatch(OnnxModel model)
    {
        _model = model;
        _inputs = [.. model.Signature.Inputs.Select(BatchColumn.For)];
        _outputs = [.. model.Signature.Outputs.Select(BatchColumn.For)];
        _given = new OrtTensor[_inputs.Length];
        _made = new OrtTensor?[_outputs.Length];
        _isFilled = new bool[_inputs.Length];
    }

    public int Rows { get; private set; }

    /// <summary>The values of an input, to write: rows times its width, a row's values together. At first NaN, 0, false, null.</summary>
    /// <typeparam name="T">float, double, long, bool or string, as the signature says.</typeparam>
    /// <param name="input">The input's place in the signature, from 0.</param>
    /// <exception cref="ScoringException">The input has another type.</exception>
    public Span<T> Values<T>(int input)
    {
        ObjectDisposedException.ThrowIf(!_isRented, this);
        var values = Span<T>(_inputs[input], "input");
        Touch(input);
        return values;
    }

    /// <summary>Runs the model on the rows.</summary>
    /// <exception cref="ScoringException">An input was never asked for, or a text is null or holds a NUL character.</exception>
    /// <exception cref="OrtException">The engine could not compute the outputs.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Score()
    {
        if (_model.Walker is not { } walker)
        {
            ScoreByEngine();
            return;
        }

        Check();
        walker.Score(_inputs, _outputs, Rows, ref _room);
        _isScored = true;
    }

    /// <summary>Runs the model in the engine, even where <see cref="Score"/> would not.</summary>
    internal void ScoreByEngine()
    {
        Check();
        for (var i = 0; i < _inputs.Length; i++)
            _given[i] = _inputs[i].Give();
        for (var i = 0; i < _outputs.Length; i++)
            _made[i] = _outputs[i] is TextColumn ? null : _outputs[i].Tensor;
        _model.Session.Run(_given, _made);
        for (var i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is TextColumn texts)
                texts.Take(_made[i]!);
        }

        _isScored = true;
    }

    /// <summary>What the model gave: rows times the output's width, a row's values together.</summary>
    /// <typeparam name="T">float, double, long, bool or string, as the signature says.</typeparam>
    /// <param name="output">The output's place in the signature, from 0.</param>
    /// <exception cref="ScoringException">The output has another type.</exception>
    /// <exception cref="InvalidOperationException">The batch was not scored since an input was last asked for.</exception>
    public ReadOnlySpan<T> Output<T>(int output)
    {
        ObjectDisposedException.ThrowIf(!_isRented, this);
        if (!_isScored)
            throw new InvalidOperationException("The batch has no outputs yet: call Score after the last input was written.");
        return Span<T>(_outputs[output], "output");
    }

    /// <summary>Gives the batch back to its model.</summary>
    public void Dispose()
    {
        if (!_isRented)
            return;
        _isRented = false;
        _model.Return(this);
    }

    internal void Rent(int rows)
    {
        foreach (var output in _outputs)
            output.Resize(rows);
        foreach (var input in _inputs)
            input.Resize(rows);
        Array.Clear(_isFilled);
        Rows = rows;
        _isScored = false;
        _isRented = true;
    }

    /// <summary>Takes an input as filled. What another caller left there must not be scored for this one.</summary>
    internal void Touch(int input)
    {
        if (!_isFilled[input])
            _inputs[input].Clear();
        _isFilled[input] = true;
        _isScored = false;
    }

    internal void Free()
    {
        foreach (var column in _inputs)
            column.Dispose();
        foreach (var column in _outputs)
            column.Dispose();
    }

    private void Check()
    {
        ObjectDisposedException.ThrowIf(!_isRented, this);
        ObjectDisposedException.ThrowIf(_model.IsDisposed, _model);
        for (var i = 0; i < _inputs.Length; i++)
        {
            if (!_isFilled[i])
                throw new ScoringException($"The input {_inputs[i].Port} is missing.");
            _inputs[i].Check();
        }
    }

    private static Span<T> Span<T>(BatchColumn column, string what)
    {
        if (typeof(T) == typeof(string) && column is TextColumn texts)
            return (T[])(object)texts.Texts;
        if (typeof(T) == typeof(float) && column is BatchColumn<float> floats)
            return Cast<float, T>(floats);
        if (typeof(T) == typeof(long) && column is BatchColumn<long> longs)
            return Cast<long, T>(longs);
        if (typeof(T) == typeof(double) && column is BatchColumn<double> doubles)
            return Cast<double, T>(doubles);
        if (typeof(T) == typeof(bool) && column is BatchColumn<bool> bools)
            return Cast<bool, T>(bools);

        var given = ColumnTypes.Of(typeof(T))?.Word() ?? typeof(T).Name;
        throw new ScoringException($"The {what} {column.Port} is asked for as {given}.");
    }

    /// <summary>The two types are the same, which only the caller knows.</summary>
    private static Span<T> Cast<TColumn, T>(BatchColumn<TColumn> column) where TColumn : unmanaged
    {
        var values = column.Span;
        return MemoryMarshal.CreateSpan(ref Unsafe.As<TColumn, T>(ref MemoryMarshal.GetReference(values)), values.Length);
    }
}
