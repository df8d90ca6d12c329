using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

internal static partial class NativeMethods
{
    /// <summary>The only function that ONNX Runtime exports; everything else is reached through <see cref="OrtApi"/>.</summary>
    [LibraryImport(NativeLibraries.Ort)]
    public static unsafe partial OrtApiBase* OrtGetApiBase();
}

/// <summary>What <see cref="NativeMethods.OrtGetApiBase"/> gives: two functions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OrtApiBase
{
    public delegate* unmanaged<uint, nint*> GetApi;
    public delegate* unmanaged<nint> GetVersionString;
}
