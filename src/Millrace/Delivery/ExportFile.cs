using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Storage;
using Millrace.Native;

namespace Millrace.Delivery;

/// <summary>Rows as one file that is there whole or not at all.</summary>
internal static class ExportFile
{
    /// <summary>Writes the rows beside the path, waits until they are on the disk, and gives the file its name, in place of an older
    /// one.</summary>
    /// <param name="connection">Sees what the SELECT reads.</param>
    /// <param name="select">The rows.</param>
    /// <param name="path">Absolute; its folder is made where it is missing.</param>
    /// <param name="format">A word of <see cref="FileFormats.Words"/>.</param>
    /// <returns>Rows written.</returns>
    /// <exception cref="DeliveryException">The rows cannot be said in the format, or the file cannot be written.</exception>
    public static long Write(DuckConnection connection, string select, string path, string format)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            if (Directory.Exists(path))
                throw new DeliveryException($"'{path}' is a folder, so that no file can have this name.");
            DurableFile.MakeFolder(folder);
            var rows = WriteAs(connection, select, temporary, format);
            DurableFile.Flush(temporary);
            Failpoint.Pass("export.written");
            File.Move(temporary, path, overwrite: true);
            DurableFile.FlushFolder(folder);
            return rows;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeliveryException($"The file '{path}' cannot be written: {e.Message}", e);
        }
        catch (DuckException e) when (e.Kind == DuckErrorKind.IO)
        {
            throw new DeliveryException($"The file '{path}' cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    /// <summary>Deletes what earlier writers of the path left when they were killed. Call it only where no other writer is at work.</summary>
    public static void Clean(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            return;
        foreach (var stray in Directory.EnumerateFiles(folder, $".{Path.GetFileName(path)}.*.tmp"))
            File.Delete(stray);
    }

    /// <summary>Writes rows into a new file.</summary>
    /// <returns>Rows written.</returns>
    public static long WriteAs(DuckConnection connection, string select, string path, string format)
    {
        if (format == "xlsx")
            return XlsxFile.Write(connection, select, path);
        var options = format switch
        {
            "csv" => "FORMAT csv, HEADER true",
            "parquet" => "FORMAT parquet, COMPRESSION zstd",
            _ => "FORMAT json",
        };
        using var result = connection.Query($"COPY ({select}) TO {SqlName.Text(path)} ({options})");
        return Convert.ToInt64(result.Scalar(), CultureInfo.InvariantCulture);
    }
}
