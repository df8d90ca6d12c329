using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Millrace.Native.Interop;

/// <summary>Finds the native engines on disk.</summary>
/// <remarks>
/// An assembly has one resolver, so every native library of this project is found here. The order is: the folder named by the environment
/// variable <see cref="FolderVariable"/>, the program's own folder, <c>runtimes/&lt;rid&gt;/native</c> below it.
/// </remarks>
internal static class NativeLibraries
{
    public const string Duck = "duckdb";
    public const string Ort = "onnxruntime";
    public const string FolderVariable = "MILLRACE_NATIVE_FOLDER";

    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name is not (Duck or Ort))
            return 0;

        var tried = new List<string>();
        foreach (var path in Candidates(FileName(name)))
        {
            tried.Add(path);
            if (File.Exists(path) && NativeLibrary.TryLoad(path, out var library))
                return library;
        }

        throw new DllNotFoundException(
            $"The native library '{FileName(name)}' was not found or could not be loaded. Tried: {string.Join(", ", tried)}. "
            + $"Build the program again, which copies the library beside it, or set {FolderVariable} to a folder that holds it.");
    }

    private static IEnumerable<string> Candidates(string file)
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
            yield return Path.GetFullPath(Path.Combine(folder, file));
        yield return Path.Combine(AppContext.BaseDirectory, file);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file);
    }

    /// <summary>ONNX Runtime carries its interface's number in the file's name, except on Windows.</summary>
    private static string FileName(string name)
    {
        var number = name == Ort ? ".1" : "";
        return OperatingSystem.IsWindows() ? $"{name}.dll"
            : OperatingSystem.IsMacOS() ? $"lib{name}{number}.dylib"
            : $"lib{name}.so{number}";
    }
}
