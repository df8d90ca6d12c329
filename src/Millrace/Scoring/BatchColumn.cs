using Millrace.Native;

namespace Millrace.Scoring;

/// <summary>The memory of one input or output, and the tensor over it for the engine. Both are kept from one batch to the next of as many
/// rows.</summary>
internal abstract class BatchColumn(ModelPort port) : IDisposable
{
    private OrtTensor? _tensor;
    private int _rows = -1;

    public ModelPort Port => port;

    /// <summary>The tensor, which the engine writes into where it holds numbers.</summary>
    public OrtTensor Tensor => _tensor ??= Make([_rows, .. port.RowShape]);

    /// <summary>Makes room for this many rows. What they hold is undefined.</summary>
    public void Resize(int rows)
    {
        if (_rows == rows)
            return;
        Dispose();
        Reserve(checked(rows * port.Width));
        _rows = rows;
    }

    /// <summary>Makes every value the type's missing one: NaN, 0, false or no text.</summary>
    public abstract void Clear();

    /// <exception cref="ScoringException">A value cannot be given to a model.</exception>
    public virtual void Check()
    {
    }

    /// <summary>The tensor with what was written.</summary>
    public virtual OrtTensor Give() => Tensor;

    /// <summary>Frees the tensor; it is made again when it is asked for.</summary>
    public void Dispose()
    {
        _tensor?.Dispose();
        _tensor = null;
    }

    public static BatchColumn For(ModelPort port) => port.Type switch
    {
        ColumnType.Float => new BatchColumn<float>(port, float.NaN),
        ColumnType.Double => new BatchColumn<double>(port, double.NaN),
        ColumnType.Long => new BatchColumn<long>(port, 0),
        ColumnType.Bool => new BatchColumn<bool>(port, false),
        _ => new TextColumn(port),
    };

    protected abstract void Reserve(int length);

    protected abstract OrtTensor Make(long[] shape);
}

/// <summary>Numbers and truth values, which the engine reads and writes where they lie.</summary>
internal sealed class BatchColumn<T>(ModelPort port, T missing) : BatchColumn(port) where T : unmanaged
{
    private int _length;

    /// <summary>The values; behind them may be room that is not used.</summary>
    public T[] Values { get; private set; } = [];

    /// <summary>The values alone.</summary>
    public Span<T> Span => Values.AsSpan(0, _length);

    public override void Clear() => Span.Fill(missing);

    protected override void Reserve(int length)
    {
        if (Values.Length < length)
            Values = GC.AllocateUninitializedArray<T>(length, pinned: true);
        _length = length;
    }

    protected override OrtTensor Make(long[] shape) => OrtTensor.Over(Values.AsMemory(0, _length), shape);
}

/// <summary>Texts, which the engine copies.</summary>
internal sealed class TextColumn(ModelPort port) : BatchColumn(port)
{
    public string[] Texts { get; private set; } = [];

    public override void Clear() => Array.Clear(Texts);

    public override void Check()
    {
        for (var i = 0; i < Texts.Length; i++)
        {
            if (Texts[i] is not { } text)
                throw new ScoringException($"The input {Port} has no text in row {i / Port.Width}. A text cannot be null.");
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new ScoringException($"The text of the input {Port} in row {i / Port.Width} holds a NUL character.");
        }
    }

    public override OrtTensor Give()
    {
        Tensor.SetTexts(Texts);
        return Tensor;
    }

    /// <summary>Reads what the model gave, and lets go of it.</summary>
    public void Take(OrtTensor tensor)
    {
        using (tensor)
            tensor.CopyTexts(Texts);
    }

    protected override void Reserve(int length) => Texts = new string[length];

    protected override OrtTensor Make(long[] shape) => OrtTensor.Create(OrtElementType.String, shape);
}
