using System.Runtime.CompilerServices;
using System.Text;
using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>The values of one column of a chunk, or of the children of a nested column, where the engine keeps them.</summary>
/// <remarks>
/// Always flat: row i is at position i. What stands at a position that is NULL is undefined, so ask <see cref="IsNull"/> first.
/// Valid until its chunk is disposed; a span taken from it must not be used after that.
/// </remarks>
public readonly unsafe ref partial struct DuckVector
{
    private const int InlineBytes = 12;
    private const int StringBytes = 16;

    private readonly DuckChunk _owner;
    private readonly nint _vector;
    private readonly byte* _data;
    private readonly ulong* _validity;

    internal DuckVector(DuckChunk owner, nint vector, DuckType type, int count)
    {
        _owner = owner;
        _vector = vector;
        _data = NativeMethods.duckdb_vector_get_data(vector);
        _validity = NativeMethods.duckdb_vector_get_validity(vector);
        Type = type;
        Count = count;
    }

    public DuckType Type { get; }

    public int Count { get; }

    /// <summary>Whether at least one of the values is NULL.</summary>
    public bool HasNulls
    {
        get
        {
            _owner.ThrowIfDisposed();
            if (_validity is null)
                return false;

            var (words, rest) = Math.DivRem(Count, 64);
            for (var i = 0; i < words; i++)
            {
                if (_validity[i] != ulong.MaxValue)
                    return true;
            }

            var mask = (1UL << rest) - 1;
            return rest > 0 && (_validity[words] & mask) != mask;
        }
    }

    /// <summary>The elements of all lists of this vector; <see cref="List"/> says which of them belong to a row.</summary>
    /// <remarks>For lists, arrays and maps. The elements of a map are structs of <c>key</c> and <c>value</c>.</remarks>
    public DuckVector ListChild
    {
        get
        {
            _owner.ThrowIfDisposed();
            return Type.Id switch
            {
                DuckTypeId.List => Child(NativeMethods.duckdb_list_vector_get_child(_vector), Type.Child!, ListSize()),
                DuckTypeId.Map => Child(NativeMethods.duckdb_list_vector_get_child(_vector), Type.Entry, ListSize()),
                DuckTypeId.Array => Child(NativeMethods.duckdb_array_vector_get_child(_vector), Type.Child!, Count * Type.Size),
                _ => throw Not("list, array or map"),
            };
        }
    }

    /// <summary>All values as they lie in memory, also at positions that are NULL.</summary>
    /// <typeparam name="T">
    /// A type of the width of the engine's: int for DATE (days), long for TIMESTAMP (microseconds), short, int, long or Int128 for a
    /// DECIMAL of up to 4, 9, 18 or 38 digits (the value times 10 to the scale), byte, ushort or uint for an ENUM, Int128 for a HUGEINT.
    /// </typeparam>
    /// <exception cref="InvalidOperationException">T has another width than the values.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged
    {
        _owner.ThrowIfDisposed();
        if (sizeof(T) != Type.PhysicalWidth)
            throw new InvalidOperationException(
                $"A value of {Type} has {Type.PhysicalWidth} bytes in the engine's memory, and {typeof(T).Name} has {sizeof(T)}.");
        return new ReadOnlySpan<T>(_data, Count);
    }

    public bool IsNull(int row)
    {
        _owner.ThrowIfDisposed();
        CheckRow(row);
        return _validity is not null && (_validity[row >> 6] & (1UL << (row & 63))) == 0;
    }

    /// <summary>The bytes of a text (UTF-8), a blob, or another type that the engine keeps as bytes. Empty where the row is NULL.</summary>
    public ReadOnlySpan<byte> Bytes(int row)
    {
        if (Type.PhysicalWidth != StringBytes || !IsText(Type.Id))
            throw Not("text or blob");
        if (IsNull(row))
            return [];

        var entry = _data + ((long)row * StringBytes);
        var length = Unsafe.ReadUnaligned<int>(entry);
        return new ReadOnlySpan<byte>(length <= InlineBytes ? entry + sizeof(int) : *(byte**)(entry + 8), length);
    }

    /// <summary>A text, or the word of an enum. Empty where the row is NULL.</summary>
    public string Text(int row) =>
        Type.Id == DuckTypeId.Enum ? (IsNull(row) ? "" : EnumWord(row)) : Encoding.UTF8.GetString(Bytes(row));

    /// <summary>Which elements of <see cref="ListChild"/> belong to a row of a list, an array or a map.</summary>
    /// <remarks>(0, 0) where the row is NULL.</remarks>
    public (ulong Offset, ulong Length) List(int row)
    {
        if (Type.Id is not (DuckTypeId.List or DuckTypeId.Map or DuckTypeId.Array))
            throw Not("list, array or map");
        if (IsNull(row))
            return (0, 0);
        if (Type.Id == DuckTypeId.Array)
            return ((ulong)row * (ulong)Type.Size, (ulong)Type.Size);

        var entry = ((NativeListEntry*)_data)[row];
        return (entry.Offset, entry.Length);
    }

    /// <summary>The values of one field of a struct, or of one member of a union. As many as this vector has.</summary>
    /// <remarks>A member of a union holds a value only in the rows whose tag names it.</remarks>
    public DuckVector StructField(int index)
    {
        _owner.ThrowIfDisposed();
        if (Type.Id is not (DuckTypeId.Struct or DuckTypeId.Union))
            throw Not("struct or union");
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Type.Fields.Count);

        // The first child of a union is the tag.
        var child = Type.Id == DuckTypeId.Union ? index + 1 : index;
        return Child(NativeMethods.duckdb_struct_vector_get_child(_vector, (ulong)child), Type.Fields[index].Type, Count);
    }

    private static bool IsText(DuckTypeId id) =>
        id is DuckTypeId.Varchar or DuckTypeId.Blob or DuckTypeId.Bit or DuckTypeId.BigNum or DuckTypeId.Geometry;

    private DuckVector Child(nint vector, DuckType type, int count) => new(_owner, vector, type, count);

    private int ListSize() => (int)NativeMethods.duckdb_list_vector_get_size(_vector);

    private T At<T>(int row) where T : unmanaged => Unsafe.ReadUnaligned<T>(_data + ((long)row * sizeof(T)));

    private string EnumWord(int row) => Type.EnumValues[Type.PhysicalWidth switch
    {
        1 => At<byte>(row),
        2 => At<ushort>(row),
        _ => (int)At<uint>(row),
    }];

    private void CheckRow(int row)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The vector has {Count} rows.");
    }

    private InvalidOperationException Not(string wanted) => new($"This vector holds {Type}, which is no {wanted}.");
}
