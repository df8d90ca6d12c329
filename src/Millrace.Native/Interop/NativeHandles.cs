using System.Buffers;
using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>One object of the engine.</summary>
/// <remarks>It keeps its parent open, so that they may be disposed in any order, or be left to the collector.</remarks>
internal abstract class NativeHandle : SafeHandle
{
    private readonly SafeHandle? _parent;

    protected NativeHandle(nint value, SafeHandle? parent = null) : base(0, ownsHandle: true)
    {
        SetHandle(value);
        if (parent is null)
            return;

        var held = false;
        try
        {
            parent.DangerousAddRef(ref held);
            _parent = parent;
        }
        catch (ObjectDisposedException)
        {
            Dispose();
            throw;
        }
    }

    public sealed override bool IsInvalid => handle == 0;

    protected sealed override bool ReleaseHandle()
    {
        Destroy(ref handle);
        _parent?.DangerousRelease();
        return true;
    }

    protected abstract void Destroy(ref nint value);
}

internal sealed class ConfigHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_config(ref value);
}

internal sealed class DatabaseHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_close(ref value);
}

internal sealed class ConnectionHandle(nint value, DatabaseHandle database) : NativeHandle(value, database)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_disconnect(ref value);
}

internal sealed class ScriptHandle(nint value, ConnectionHandle connection) : NativeHandle(value, connection)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_extracted(ref value);
}

internal sealed class StatementHandle(nint value, ConnectionHandle connection) : NativeHandle(value, connection)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_prepare(ref value);
}

internal sealed class PendingHandle(nint value, SafeHandle statement) : NativeHandle(value, statement)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_pending(ref value);
}

/// <summary>A result lives in 48 bytes that we own; the handle is the address of these bytes.</summary>
internal sealed unsafe class ResultHandle(ConnectionHandle connection)
    : NativeHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)), connection)
{
    /// <summary>The bytes themselves, for the calls that take a result by value.</summary>
    public NativeResult Value => *(NativeResult*)handle;

    protected override void Destroy(ref nint value)
    {
        NativeMethods.duckdb_destroy_result(value);
        NativeMemory.Free((void*)value);
        value = 0;
    }
}

internal sealed class ChunkHandle(nint value, SafeHandle? parent) : NativeHandle(value, parent)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_data_chunk(ref value);
}

internal sealed class TypeHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_logical_type(ref value);
}

internal sealed class ValueHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_value(ref value);
}

internal sealed class ErrorHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value) => NativeMethods.duckdb_destroy_error_data(ref value);
}

/// <summary>Destroying an appender writes what it still holds and hides the errors of that, so we empty it first.</summary>
internal sealed class AppenderHandle(nint value, ConnectionHandle connection) : NativeHandle(value, connection)
{
    protected override void Destroy(ref nint value)
    {
        NativeMethods.duckdb_appender_clear(value);
        NativeMethods.duckdb_appender_destroy(ref value);
    }
}

/// <summary>The session with the names of its inputs and outputs as C strings, which every run passes.</summary>
internal sealed unsafe class OrtSessionHandle(nint value) : NativeHandle(value)
{
    /// <summary>The names of the inputs, then those of the outputs; made with <see cref="NativeMemory"/>, freed with the session.</summary>
    public nint* Names { get; set; }

    public int NameCount { get; set; }

    protected override void Destroy(ref nint value)
    {
        OrtApi.ReleaseSession(value);
        value = 0;
        for (var i = 0; i < NameCount; i++)
            NativeMemory.Free((void*)Names[i]);
        NativeMemory.Free(Names);
        Names = null;
    }
}

internal sealed class OrtSessionOptionsHandle(nint value) : NativeHandle(value)
{
    protected override void Destroy(ref nint value)
    {
        OrtApi.ReleaseSessionOptions(value);
        value = 0;
    }
}

/// <summary>A tensor; one over memory of ours keeps that memory pinned.</summary>
internal sealed class OrtValueHandle(nint value, MemoryHandle pin = default) : NativeHandle(value)
{
    private MemoryHandle _pin = pin;

    protected override void Destroy(ref nint value)
    {
        OrtApi.ReleaseValue(value);
        value = 0;
        _pin.Dispose();
    }
}
