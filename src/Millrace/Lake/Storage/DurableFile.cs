using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

namespace Millrace.Lake.Storage;

/// <summary>Files that survive power loss, and the put that only one writer wins.</summary>
internal static class DurableFile
{
    private const int FileExists = 17;
    private const int NotPermitted = 1;
    private const int NotSupported = 95;

    private static readonly Meter Meter = new("Millrace.Lake");

    private static readonly Histogram<double> FlushSeconds =
        Meter.CreateHistogram<double>("millrace.lake.flush.duration", "s", "Waiting until a file or a folder is on the disk.");

    /// <summary>Writes a new file and waits until its bytes are on the disk. Its name is durable only after
    /// <see cref="FlushFolder"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(handle, bytes, 0);
        Timed(() => RandomAccess.FlushToDisk(handle));
    }

    /// <summary>Waits until the bytes of a file are on the disk.</summary>
    public static void Flush(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Timed(() => RandomAccess.FlushToDisk(handle));
    }

    /// <summary>Waits until the names in a folder are on the disk.</summary>
    /// <remarks>Windows has no such call; NTFS journals its names.</remarks>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        var descriptor = Posix.Open(folder, 0);
        if (descriptor < 0)
            throw Failure("open", folder);
        try
        {
            Timed(() =>
            {
                if (Posix.Fsync(descriptor) != 0)
                    throw Failure("fsync", folder);
            });
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>Makes a folder with its parents, and its name durable where it is new.</summary>
    public static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null)
            MakeFolder(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null)
            FlushFolder(parent);
    }

    /// <summary>Gives a finished file its final name unless that name is taken, in one step. The temporary name is gone either
    /// way.</summary>
    /// <returns>False when another writer has the name: it was there first.</returns>
    public static bool PutIfAbsent(string temporary, string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? Move(temporary, path) : Link(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Timed(Action flush)
    {
        var start = Stopwatch.GetTimestamp();
        flush();
        FlushSeconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static bool Link(string temporary, string path)
    {
        if (Posix.Link(temporary, path) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            FileExists => false,

            // File systems without hard links, such as exFAT, rename without replacing instead.
            NotPermitted or NotSupported => Rename(temporary, path),
            _ => throw Failure("link", path),
        };
    }

    private static bool Rename(string temporary, string path)
    {
        const int WorkingFolder = -100;
        const uint NoReplace = 1;
        if (Posix.RenameAt2(WorkingFolder, temporary, WorkingFolder, path, NoReplace) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == FileExists ? false : throw Failure("link and renameat2", path);
    }

    private static bool Move(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private static IOException Failure(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
    }

    private static class Posix
    {
        [DllImport("libc", EntryPoint = "link", SetLastError = true)]
        public static extern int Link(
            [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);

        [DllImport("libc", EntryPoint = "renameat2", SetLastError = true)]
        public static extern int RenameAt2(
            int existingFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string existing,
            int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint flags);

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        public static extern int Close(int descriptor);
    }
}
