namespace Millrace.Lake.Delta;

/// <summary>Paths as the log writes them: relative to the table's folder or whole, URL-encoded, with or without <c>file:</c>.</summary>
internal static class FilePath
{
    private const string Scheme = "file:";

    /// <summary>The path on disk that the log means, relative or absolute. Two spellings of one path give the same.</summary>
    public static string Decode(string path)
    {
        var isFile = path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        if (!isFile && !path.Contains('%', StringComparison.Ordinal))
            return path;

        var rest = isFile ? path[Scheme.Length..] : path;
        if (isFile && rest.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = rest.IndexOf('/', 2);
            rest = slash < 0 ? "/" : rest[slash..];
        }

        return Uri.UnescapeDataString(rest);
    }

    /// <summary>Where the path lies on disk.</summary>
    /// <exception cref="LakeException">The path leads out of the table's folder, or to another store.</exception>
    public static string Within(string folder, string path)
    {
        if (!path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && path.Contains("://", StringComparison.Ordinal))
            throw new LakeException($"The table '{folder}' names the file '{path}', which lies in another store. Only files of the "
                + "table's own folder can be read.");

        var full = Path.GetFullPath(Path.Combine(folder, Decode(path)));
        return full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new LakeException($"The table '{folder}' names the file '{path}', which lies outside of its folder. Only files "
                + "of the table's own folder can be read.");
    }
}
