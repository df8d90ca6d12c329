using Millrace.Native;

namespace Millrace.Scoring;

/// <summary>The memory of one input or output, and the tensor over it. Both are kept from one batch to the next of as many rows.</summary>
internal abstract class BatchColumn(ModelPort port) : IDisposable
{
    public ModelPort Port => port;

    public OrtTensor? Tensor { get; protected set; }

    /// <summary>Makes room for this many rows. What they hold is undefined.</summary>
    public abstract void Resize(int rows);

    /// <summary>Makes every value the type's missing one: NaN, 0, false or no text.</summary>
    public abstract void Clear();

    /// <summary>Brings what was written into the tensor.</summary>
    /// <exception cref="ScoringException">A value cannot be given to a model.</exception>
    public virtual void Seal()
    {
    }

    public void Dispose() => Tensor?.Dispose();

    public static BatchColumn For(ModelPort port) => port.Type switch
    {
        ColumnType.Float => new BatchColumn<float>(port, float.NaN),
        ColumnType.Double => new BatchColumn<double>(port, double.NaN),
        ColumnType.Long => new BatchColumn<long>(port, 0),
        ColumnType.Bool => new BatchColumn<bool>(port, false),
        _ => new TextColumn(port),
    };

    protected long[] Shape(int rows) => [rows, .. port.RowShape];
}

/// <summary>Numbers and truth values, which the engine reads and writes where they lie.</summary>
internal sealed class BatchColumn<T>(ModelPort port, T missing) : BatchColumn(port) where T : unmanaged
{
    private T[] _room = [];

    public Memory<T> Values { get; private set; }

    public override void Resize(int rows)
    {
        var length = checked(rows * Port.Width);
        if (Tensor is not null && Values.Length == length)
            return;

        Tensor?.Dispose();
        Tensor = null;
        if (_room.Length < length)
            _room = GC.AllocateUninitializedArray<T>(length, pinned: true);
        Values = _room.AsMemory(0, length);
        Tensor = OrtTensor.Over(Values, Shape(rows));
    }

    public override void Clear() => Values.Span.Fill(missing);
}

/// <summary>Texts, which the engine copies.</summary>
internal sealed class TextColumn(ModelPort port) : BatchColumn(port)
{
    public string[] Texts { get; private set; } = [];

    public override void Resize(int rows)
    {
        var length = checked(rows * Port.Width);
        if (Tensor is not null && Texts.Length == length)
            return;

        Tensor?.Dispose();
        Tensor = null;
        Texts = new string[length];
        Tensor = OrtTensor.Create(OrtElementType.String, Shape(rows));
    }

    public override void Clear() => Array.Clear(Texts);

    public override void Seal()
    {
        for (var i = 0; i < Texts.Length; i++)
        {
            if (Texts[i] is not { } text)
                throw new ScoringException($"The input {Port} has no text in row {i / Port.Width}. A text cannot be null.");
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new ScoringException($"The text of the input {Port} in row {i / Port.Width} holds a NUL character.");
        }

        Tensor!.SetTexts(Texts);
    }

    /// <summary>Reads what the model gave, and lets go of it.</summary>
    public void Take(OrtTensor tensor)
    {
        using (tensor)
            tensor.CopyTexts(Texts);
    }
}
