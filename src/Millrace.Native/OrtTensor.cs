using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>Values of one type in the shape of a box, in row-major order: what goes into a session and comes out of it.</summary>
/// <remarks>
/// The values lie in the engine's memory or in pinned memory of ours. Sessions may read one tensor from many threads; who writes into it
/// must be alone. A span taken from it must not be used after it was disposed.
/// </remarks>
public sealed unsafe partial class OrtTensor : IDisposable
{
    private readonly OrtValueHandle _handle;
    private readonly long[] _shape;
    private readonly void* _data;

    private OrtTensor(OrtValueHandle handle, OrtElementType type, long[] shape)
    {
        _handle = handle;
        _shape = shape;
        ElementType = type;
        Length = Count(shape);
        if (type != OrtElementType.String)
        {
            void* data;
            OrtApi.Check(OrtApi.GetTensorMutableData(handle.DangerousGetHandle(), &data));
            _data = data;
        }
    }

    public OrtElementType ElementType { get; }

    /// <summary>The sizes of the dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>How many values there are: the product of the shape, 1 for a scalar.</summary>
    public int Length { get; }

    /// <summary>The values as they lie in memory.</summary>
    /// <exception cref="InvalidOperationException">The values are text.</exception>
    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
            if (ElementType == OrtElementType.String)
                throw new InvalidOperationException("This tensor holds text: read it with Texts, write it with SetTexts.");
            return new Span<byte>(_data, checked(Length * Width(ElementType)));
        }
    }

    /// <summary>Makes a tensor of zeros, or of empty texts, in the engine's memory.</summary>
    /// <exception cref="ArgumentException">The type cannot be held, or the shape has a negative size or more values than an array can have.</exception>
    public static OrtTensor Create(OrtElementType type, params ReadOnlySpan<long> shape)
    {
        CheckShape(type, shape);
        nint value;
        fixed (long* sizes = shape)
            OrtApi.Check(OrtApi.CreateTensorAsOrtValue(sizes, (nuint)shape.Length, type, &value));
        var tensor = Own(new OrtValueHandle(value), type, shape.ToArray());
        if (type != OrtElementType.String)
            tensor.Bytes.Clear();
        return tensor;
    }

    /// <summary>Makes a tensor with a copy of the values.</summary>
    /// <inheritdoc cref="Over"/>
    public static OrtTensor Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        CheckLength(values.Length, shape);
        var tensor = Create(TypeOf<T>(), shape);
        values.CopyTo(tensor.Values<T>());
        return tensor;
    }

    /// <summary>Makes a tensor over the caller's values, which stay where they are, pinned, until the tensor is disposed.</summary>
    /// <exception cref="ArgumentException">The shape has a negative size, or holds another number of values than are given.</exception>
    /// <exception cref="NotSupportedException">No element type has values of this C# type.</exception>
    public static OrtTensor Over<T>(Memory<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        CheckShape(TypeOf<T>(), shape);
        CheckLength(values.Length, shape);
        if (values.IsEmpty)
            return Create(TypeOf<T>(), shape);

        var pin = values.Pin();
        nint value;
        try
        {
            fixed (long* sizes = shape)
            {
                OrtApi.Check(OrtApi.CreateTensorWithDataAsOrtValue(
                    pin.Pointer, (nuint)values.Length * (nuint)sizeof(T), sizes, (nuint)shape.Length, TypeOf<T>(), &value));
            }
        }
        catch
        {
            pin.Dispose();
            throw;
        }

        return Own(new OrtValueHandle(value, pin), TypeOf<T>(), shape.ToArray());
    }

    /// <summary>The values, in the type that <see cref="OrtElementType"/> tells for the element type.</summary>
    /// <exception cref="InvalidOperationException">The values have another type.</exception>
    public Span<T> Values<T>() where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (TypeOf<T>() != ElementType)
            throw new InvalidOperationException($"This tensor holds {ElementType}, not {TypeOf<T>()} ({typeof(T).Name}).");
        return new Span<T>(_data, Length);
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>The bytes of one value; 0 for text and for types that cannot be held.</summary>
    internal static int Width(OrtElementType type) => type switch
    {
        OrtElementType.UInt8 or OrtElementType.Int8 or OrtElementType.Bool => 1,
        OrtElementType.UInt16 or OrtElementType.Int16 or OrtElementType.Float16 or OrtElementType.BFloat16 => 2,
        OrtElementType.Float or OrtElementType.Int32 or OrtElementType.UInt32 => 4,
        OrtElementType.Double or OrtElementType.Int64 or OrtElementType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>Takes over what the engine made: one tensor for each place of <paramref name="outputs"/> that is still empty.</summary>
    internal static void Wrap(ReadOnlySpan<nint> values, Span<OrtTensor?> outputs)
    {
        var next = 0;
        List<int>? made = null;
        try
        {
            for (; next < values.Length; next++)
            {
                if (outputs[next] is not null)
                    continue;
                outputs[next] = Wrap(new OrtValueHandle(values[next]));
                (made ??= []).Add(next);
            }
        }
        catch
        {
            foreach (var i in made ?? [])
            {
                outputs[i]!.Dispose();
                outputs[i] = null;
            }

            for (var i = next + 1; i < values.Length; i++)
            {
                if (outputs[i] is null)
                    OrtApi.ReleaseValue(values[i]);
            }

            throw;
        }
    }

    /// <summary>Keeps the tensor alive for a run and gives the engine's address of it. <see cref="Release"/> must follow.</summary>
    internal nint Hold()
    {
        var held = false;
        _handle.DangerousAddRef(ref held);
        return _handle.DangerousGetHandle();
    }

    internal void Release() => _handle.DangerousRelease();

    private static OrtTensor Wrap(OrtValueHandle handle)
    {
        try
        {
            nint info;
            OrtApi.Check(OrtApi.GetTensorTypeAndShape(handle.DangerousGetHandle(), &info));
            try
            {
                return new OrtTensor(handle, OrtModel.ElementType(info), OrtModel.Shape(info));
            }
            finally
            {
                OrtApi.ReleaseTensorTypeAndShapeInfo(info);
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static OrtTensor Own(OrtValueHandle handle, OrtElementType type, long[] shape)
    {
        try
        {
            return new OrtTensor(handle, type, shape);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static OrtElementType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? OrtElementType.Float
        : typeof(T) == typeof(double) ? OrtElementType.Double
        : typeof(T) == typeof(long) ? OrtElementType.Int64
        : typeof(T) == typeof(int) ? OrtElementType.Int32
        : typeof(T) == typeof(bool) ? OrtElementType.Bool
        : typeof(T) == typeof(byte) ? OrtElementType.UInt8
        : typeof(T) == typeof(sbyte) ? OrtElementType.Int8
        : typeof(T) == typeof(short) ? OrtElementType.Int16
        : typeof(T) == typeof(ushort) ? OrtElementType.UInt16
        : typeof(T) == typeof(uint) ? OrtElementType.UInt32
        : typeof(T) == typeof(ulong) ? OrtElementType.UInt64
        : typeof(T) == typeof(Half) ? OrtElementType.Float16
        : throw new NotSupportedException($"No tensor holds values of the type {typeof(T).Name}.");

    private static void CheckShape(OrtElementType type, ReadOnlySpan<long> shape)
    {
        if (type != OrtElementType.String && Width(type) == 0)
            throw new ArgumentException($"A tensor of {type} cannot be made.", nameof(type));
        foreach (var size in shape)
        {
            if (size < 0)
                throw new ArgumentException($"A size in the shape is {size}. Sizes are 0 and up.", nameof(shape));
        }

        _ = Count(shape);
    }

    private static void CheckLength(int given, ReadOnlySpan<long> shape)
    {
        if (Count(shape) != given)
            throw new ArgumentException($"The shape holds {Count(shape)} values, and {given} are given.", nameof(shape));
    }

    private static int Count(ReadOnlySpan<long> shape)
    {
        Int128 count = 1;
        foreach (var size in shape)
        {
            count *= size;
            if (count > Array.MaxLength)
                throw new ArgumentException($"The shape holds more than {Array.MaxLength} values.", nameof(shape));
        }

        return (int)count;
    }
}
