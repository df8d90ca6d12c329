using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

internal enum NativeState
{
    Success = 0,
    Error = 1,
}

internal enum NativeResultKind
{
    Invalid = 0,
    ChangedRows = 1,
    Nothing = 2,
    Rows = 3,
}

/// <summary>The engine's <c>duckdb_result</c>: 48 bytes, of which the last pointer is the only one still in use.</summary>
/// <remarks>Some calls take it by value, so its size is part of the protocol.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    public ulong ColumnCount;
    public ulong RowCount;
    public ulong RowsChanged;
    public nint Columns;
    public nint ErrorMessage;
    public nint Data;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeProgress
{
    public double Percentage;
    public ulong RowsProcessed;
    public ulong TotalRows;
}

/// <summary>A 128-bit integer as the engine passes it: two's complement, low word first.</summary>
/// <remarks><see cref="Int128"/> is not used in signatures, because its alignment as an argument differs between platforms.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeHugeInt
{
    public ulong Lower;
    public ulong Upper;

    public static NativeHugeInt From(UInt128 value) => new() { Lower = (ulong)value, Upper = (ulong)(value >> 64) };

    public static NativeHugeInt From(Int128 value) => From((UInt128)value);
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeDecimal
{
    public byte Width;
    public byte Scale;
    public NativeHugeInt Value;
}

/// <summary>One entry of a list or map vector: a range of rows of the child vector.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeListEntry
{
    public ulong Offset;
    public ulong Length;
}
