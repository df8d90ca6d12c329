using System.Security.Cryptography;
using Millrace.Lake.Storage;

namespace Millrace.Tracking;

/// <summary>Files by the SHA-256 of their bytes: <c>artifacts/ab/abcdef…</c>. What is read is what was put, or an error.</summary>
/// <param name="folder">The folder; it need not exist.</param>
public sealed class ArtifactStore(string folder)
{
    /// <summary>Keeps bytes, so that they survive power loss. Bytes that are there already are not written again; a damaged file is mended.</summary>
    /// <returns>Their SHA-256 as lower-case hex.</returns>
    public string Put(ReadOnlySpan<byte> bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var path = PathOf(hash);
        if (IsSound(hash))
            return hash;
        DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
        File.Delete(path);
        var temporary = $"{path}.{Path.GetRandomFileName()}";
        DurableFile.Write(temporary, bytes);
        DurableFile.PutIfAbsent(temporary, path);
        return hash;
    }

    /// <summary>Reads bytes.</summary>
    /// <exception cref="InvalidDataException">They are missing, or are not those that were put.</exception>
    public byte[] Read(string hash)
    {
        var path = PathOf(hash);
        if (!File.Exists(path))
            throw new InvalidDataException($"The artifact {hash} is missing: {path} was deleted. Restore the file from a copy of the home.");
        var bytes = File.ReadAllBytes(path);
        var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return found == hash
            ? bytes
            : throw new InvalidDataException($"The artifact {hash} was changed: {path} has the SHA-256 {found}. Restore the file from a copy of the home.");
    }

    /// <summary>True when the bytes are there and are those that were put.</summary>
    public bool IsSound(string hash) => File.Exists(PathOf(hash)) && Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(PathOf(hash)))) == hash;

    private string PathOf(string hash) => Path.Combine(folder, hash[..2], hash);
}
