namespace Millrace.Native.Interop;

/// <summary>The engine's C functions under their own names, so that its documentation can be searched for each of them.</summary>
/// <remarks>
/// Arguments that the engine destroys are passed as <c>ref nint</c> by the handles only; every other caller passes a handle.
/// Text that comes back is read with <see cref="NativeText"/>: <c>Take</c> where the C documentation says that the caller frees it.
/// </remarks>
internal static partial class NativeMethods
{
    static NativeMethods() => NativeLibraries.Register();
}
