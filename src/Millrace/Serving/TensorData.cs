using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Serving;

/// <summary>The elements of one tensor, row by row, in pooled memory. Filled once, then read; disposing gives the memory back.</summary>
/// <remarks>Missing is NaN for FP32 and FP64 and a text without length for BYTES; other types have no missing value. Not thread-safe
/// while it is filled.</remarks>
public sealed class TensorData : IDisposable
{
    private byte[] _values;
    private int[] _starts = [];
    private int[] _lengths = [];
    private int _textBytes;
    private bool _isDisposed;

    /// <summary>Room for a number of rows; none is filled yet.</summary>
    /// <param name="spec">The tensor.</param>
    /// <param name="rows">Rows that will come, from 0.</param>
    /// <exception cref="OverflowException">The elements do not fit into one array.</exception>
    public TensorData(TensorSpec spec, int rows)
    {
        Spec = spec;
        Capacity = checked(rows * spec.Width);
        if (spec.Type == TensorType.Bytes)
        {
            _starts = ArrayPool<int>.Shared.Rent(Capacity);
            _lengths = ArrayPool<int>.Shared.Rent(Capacity);
            _values = ArrayPool<byte>.Shared.Rent(checked(Capacity * 12));
        }
        else
        {
            _values = ArrayPool<byte>.Shared.Rent(checked(Capacity * spec.Type.Size()));
        }
    }

    /// <summary>Name, type and width.</summary>
    public TensorSpec Spec { get; }

    /// <summary>Elements that fit.</summary>
    public int Capacity { get; }

    /// <summary>Elements filled so far.</summary>
    public int Count { get; private set; }

    /// <summary>Rows filled so far.</summary>
    public int Rows => Count / Spec.Width;

    /// <summary>The lengths of all texts in bytes, -1 for a missing one. BYTES only.</summary>
    public ReadOnlySpan<int> TextLengths => _lengths.AsSpan(0, Count);

    /// <summary>The bytes of all texts, one after the other. BYTES only.</summary>
    public ReadOnlySpan<byte> TextBytes => _values.AsSpan(0, _textBytes);

    /// <summary>The elements filled so far, in place: row r, element e at <c>r * Width + e</c>.</summary>
    /// <typeparam name="T">The .NET type of the element: byte for BOOL (0 or 1), float for FP32 and so on.</typeparam>
    /// <exception cref="InvalidOperationException">T has another width, or the tensor holds texts.</exception>
    public Span<T> Values<T>()
        where T : unmanaged => All<T>()[..Count];

    /// <summary>Says that a scorer filled every element through <see cref="Space{T}"/>.</summary>
    public void MarkFull() => Count = Capacity;

    /// <summary>The elements to be written in place, all of them; afterwards <see cref="MarkFull"/>.</summary>
    public Span<T> Space<T>()
        where T : unmanaged => All<T>()[..Capacity];

    /// <summary>One text. BYTES only; empty for a missing one.</summary>
    public ReadOnlySpan<byte> Text(int element) => _values.AsSpan(_starts[element], Math.Max(_lengths[element], 0));

    /// <summary>Whether an element is missing.</summary>
    public bool IsMissing(int element) => Spec.Type switch
    {
        TensorType.Bytes => _lengths[element] < 0,
        TensorType.Float32 => float.IsNaN(Values<float>()[element]),
        TensorType.Float64 => double.IsNaN(Values<double>()[element]),
        _ => false,
    };

    /// <summary>Adds an element of a fixed width.</summary>
    public void Add<T>(T value)
        where T : unmanaged => All<T>()[Count++] = value;

    /// <summary>Adds a text that is UTF-8.</summary>
    public void AddText(ReadOnlySpan<byte> text)
    {
        text.CopyTo(TextSpace(text.Length));
        EndText(text.Length);
    }

    /// <summary>Adds a text.</summary>
    public void AddText(string text)
    {
        var length = Encoding.UTF8.GetBytes(text, TextSpace(Encoding.UTF8.GetMaxByteCount(text.Length)));
        EndText(length);
    }

    /// <summary>Adds a missing value.</summary>
    /// <exception cref="InvalidOperationException">The type has none.</exception>
    public void AddMissing()
    {
        switch (Spec.Type)
        {
            case TensorType.Bytes:
                EndText(-1);
                break;
            case TensorType.Float32:
                Add(float.NaN);
                break;
            case TensorType.Float64:
                Add(double.NaN);
                break;
            default:
                throw new InvalidOperationException($"{Spec.Type.Word()} has no missing value.");
        }
    }

    /// <summary>Adds a whole row of another tensor of the same type and width.</summary>
    public void AddRow(TensorData from, int row)
    {
        if (Spec.Type == TensorType.Bytes)
        {
            for (var i = row * Spec.Width; i < (row + 1) * Spec.Width; i++)
            {
                if (from._lengths[i] < 0)
                    AddMissing();
                else
                    AddText(from.Text(i));
            }
        }
        else
        {
            from.RowBytes(row).CopyTo(_values.AsSpan(Count * Spec.Type.Size()));
            Count += Spec.Width;
        }
    }

    /// <summary>Adds elements as <see cref="WriteTo"/> wrote them.</summary>
    /// <param name="elements">How many.</param>
    /// <param name="bytes">What follows; the elements are taken off its front.</param>
    public void AddFrom(int elements, ref ReadOnlySpan<byte> bytes)
    {
        if (Spec.Type != TensorType.Bytes)
        {
            var length = elements * Spec.Type.Size();
            bytes[..length].CopyTo(_values.AsSpan(Count * Spec.Type.Size()));
            bytes = bytes[length..];
            Count += elements;
            return;
        }

        var lengths = MemoryMarshal.Cast<byte, int>(bytes[..(elements * sizeof(int))]);
        bytes = bytes[(elements * sizeof(int))..];
        foreach (var length in lengths)
        {
            if (length < 0)
            {
                AddMissing();
                continue;
            }

            AddText(bytes[..length]);
            bytes = bytes[length..];
        }
    }

    /// <summary>Bytes that <see cref="WriteTo"/> writes.</summary>
    public long ByteCount => Spec.Type == TensorType.Bytes ? ((long)Count * sizeof(int)) + _textBytes : (long)Count * Spec.Type.Size();

    /// <summary>Writes all elements: those of fixed width as they lie in memory; texts as all lengths (int32) and then all
    /// bytes.</summary>
    /// <returns>Bytes written.</returns>
    public int WriteTo(Span<byte> into)
    {
        if (Spec.Type != TensorType.Bytes)
        {
            _values.AsSpan(0, Count * Spec.Type.Size()).CopyTo(into);
            return Count * Spec.Type.Size();
        }

        MemoryMarshal.AsBytes(TextLengths).CopyTo(into);
        TextBytes.CopyTo(into[(Count * sizeof(int))..]);
        return (Count * sizeof(int)) + _textBytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        ArrayPool<byte>.Shared.Return(_values);
        if (_starts.Length > 0)
        {
            ArrayPool<int>.Shared.Return(_starts);
            ArrayPool<int>.Shared.Return(_lengths);
        }

        (_values, _starts, _lengths) = ([], [], []);
    }

    /// <summary>Fills every element of a fixed width with zero.</summary>
    internal void Blank()
    {
        _values.AsSpan(0, Capacity * Spec.Type.Size()).Clear();
        MarkFull();
    }

    /// <summary>The elements of a row of a fixed width, as they lie in memory.</summary>
    internal ReadOnlySpan<byte> RowBytes(int row)
    {
        var length = Spec.Width * Spec.Type.Size();
        return _values.AsSpan(row * length, length);
    }

    /// <summary>Room for a text that <see cref="EndText"/> then takes in; it may use less.</summary>
    internal Span<byte> TextSpace(int length)
    {
        if (_values.Length - _textBytes < length)
        {
            var wanted = Math.Max((long)_textBytes + length, 2L * _values.Length);
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, wanted));
            TextBytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_values);
            _values = larger;
        }

        return _values.AsSpan(_textBytes, length);
    }

    internal void EndText(int length)
    {
        _starts[Count] = _textBytes;
        _lengths[Count++] = length;
        _textBytes += Math.Max(length, 0);
    }

    private Span<T> All<T>()
        where T : unmanaged
    {
        if (System.Runtime.CompilerServices.Unsafe.SizeOf<T>() != Spec.Type.Size())
            throw new InvalidOperationException($"The tensor '{Spec.Name}' holds {Spec.Type.Word()} and cannot be read as "
                + $"{typeof(T).Name}.");
        return MemoryMarshal.Cast<byte, T>(_values.AsSpan());
    }
}
