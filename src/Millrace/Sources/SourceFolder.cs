using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Millrace.Ledger;

namespace Millrace.Sources;

/// <summary>The files of a project folder that a source's glob finds, with the hashes of their bytes.</summary>
/// <remarks>A file whose size and modification time are as they were keeps its hash from the cache, as make and git do.</remarks>
public sealed class SourceFolder
{
    private readonly string _folder;
    private readonly string _cachePath;
    private readonly Dictionary<string, FileStamp> _stamps;
    private bool _isChanged;

    /// <summary>Opens a project folder with the cache of an earlier look.</summary>
    public SourceFolder(string folder, string cacheFolder)
    {
        _folder = folder;
        _cachePath = Path.Combine(cacheFolder, "files.json");
        _stamps = Load(_cachePath);
    }

    /// <summary>The files that match, ordered by path; batches are not known here.</summary>
    public IReadOnlyList<SourceFile> Find(string glob)
    {
        var found = new List<SourceFile>();
        foreach (var path in Paths(glob))
        {
            var file = new FileInfo(Path.Combine(_folder, path));
            if (!_stamps.TryGetValue(path, out var stamp) || stamp.Size != file.Length || stamp.Modified != file.LastWriteTimeUtc.Ticks)
            {
                using var stream = file.OpenRead();
                stamp = new FileStamp(file.Length, file.LastWriteTimeUtc.Ticks, Convert.ToHexStringLower(SHA256.HashData(stream)));
                _stamps[path] = stamp;
                _isChanged = true;
            }

            found.Add(new SourceFile(path, stamp.Hash, stamp.Size, ""));
        }

        return found;
    }

    /// <summary>Where the project lies.</summary>
    public string Folder => _folder;

    /// <summary>True when a file that was found here lies there still with the size and the modification time that it had.</summary>
    public bool IsAsFound(SourceFile file)
    {
        var now = new FileInfo(Path.Combine(_folder, file.Path));
        return now.Exists && _stamps.TryGetValue(file.Path, out var stamp) && stamp.Hash == file.Hash
            && stamp.Size == now.Length && stamp.Modified == now.LastWriteTimeUtc.Ticks;
    }

    /// <summary>Keeps the hashes for the next look. What cannot be kept is computed again then.</summary>
    public void Save()
    {
        if (!_isChanged)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(_cachePath)!);
        File.WriteAllText(_cachePath + ".new", JsonSerializer.Serialize(_stamps, SourceJson.Default.DictionaryStringFileStamp));
        File.Move(_cachePath + ".new", _cachePath, overwrite: true);
        _isChanged = false;
    }

    private IEnumerable<string> Paths(string glob)
    {
        // Only the part before the first wildcard is walked.
        var parts = glob.Split('/');
        var literal = parts.TakeWhile((p, i) => i < parts.Length - 1 && p.IndexOfAny(['*', '?', '[']) < 0).ToList();
        var root = Path.Combine([_folder, .. literal]);
        if (!Directory.Exists(root))
            return [];
        var deep = parts.Length - literal.Count > 1;
        var match = new Regex("^" + Pattern(glob) + "$", RegexOptions.CultureInvariant);
        return Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = deep, IgnoreInaccessible = false, AttributesToSkip = 0 })
            .Select(f => Path.GetRelativePath(_folder, f).Replace('\\', '/'))
            .Where(p => !p.StartsWith(".millrace/", StringComparison.Ordinal) && match.IsMatch(p))
            .Order(StringComparer.Ordinal);
    }

    private static string Pattern(string glob)
    {
        var pattern = new StringBuilder();
        for (var i = 0; i < glob.Length; i++)
        {
            if (glob.AsSpan(i).StartsWith("**/"))
                (pattern, i) = (pattern.Append("(.*/)?"), i + 2);
            else if (glob[i] == '*')
                pattern.Append("[^/]*");
            else if (glob[i] == '?')
                pattern.Append("[^/]");
            else if (glob[i] == '[' && glob.IndexOf(']', i) is var end and > 0)
                (pattern, i) = (pattern.Append(glob[i..(end + 1)].Replace("[!", "[^", StringComparison.Ordinal)), end);
            else
                pattern.Append(Regex.Escape(glob[i].ToString()));
        }

        return pattern.ToString();
    }

    private static Dictionary<string, FileStamp> Load(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), SourceJson.Default.DictionaryStringFileStamp) ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

internal sealed record FileStamp(long Size, long Modified, string Hash);

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, FileStamp>))]
internal sealed partial class SourceJson : System.Text.Json.Serialization.JsonSerializerContext;
