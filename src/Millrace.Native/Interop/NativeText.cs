using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Native.Interop;

/// <summary>Moves text over the border: UTF-8 there, UTF-16 here.</summary>
internal static class NativeText
{
    /// <summary>Reads text that stays the engine's.</summary>
    public static string? Read(nint text) => Marshal.PtrToStringUTF8(text);

    /// <summary>Reads text that the engine gave away, and frees it.</summary>
    public static string? Take(nint text)
    {
        try
        {
            return Marshal.PtrToStringUTF8(text);
        }
        finally
        {
            NativeMethods.duckdb_free(text);
        }
    }

    /// <summary>Copies text into a C string that lives until it is freed with <see cref="NativeMemory.Free"/>.</summary>
    public static unsafe nint Copy(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var copy = (byte*)NativeMemory.Alloc((nuint)length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, length));
        copy[length] = 0;
        return (nint)copy;
    }

    /// <summary>Refuses text that cannot cross as a C string, which ends at its first NUL: the engine would see a part of it.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public static string WithoutNul(string text, string what)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('\0');
        if (at >= 0)
            throw new ArgumentException($"{what} holds a NUL character at position {at}. Bind values that hold one as parameters.");
        return text;
    }
}
