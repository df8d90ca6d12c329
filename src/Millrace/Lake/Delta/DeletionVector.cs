using System.Buffers.Binary;
using System.Globalization;

namespace Millrace.Lake.Delta;

/// <summary>Says which rows of a file no longer count: the <c>deletionVector</c> of an add or a remove action.</summary>
/// <param name="StorageType"><c>i</c> inline, <c>u</c> in a file named by a number, <c>p</c> in a file named by its path.</param>
/// <param name="PathOrInline">The rows themselves, or what leads to their file.</param>
/// <param name="Offset">Where in the file it begins; null for inline ones.</param>
/// <param name="SizeInBytes">Bytes of the rows' set.</param>
/// <param name="Cardinality">How many rows no longer count.</param>
internal sealed record DeletionVector(string StorageType, string PathOrInline, int? Offset, int SizeInBytes, long Cardinality)
{
    private const int UuidLength = 20;
    private const byte FileVersion = 1;

    /// <summary>What tells two vectors of one file apart.</summary>
    public string UniqueId => Offset is { } offset
        ? string.Create(CultureInfo.InvariantCulture, $"{StorageType}{PathOrInline}@{offset}")
        : StorageType + PathOrInline;

    /// <summary>Reads the rows.</summary>
    /// <exception cref="LakeException">The vector is damaged, missing, or not as the log describes it.</exception>
    public RowSet Read(string folder, string dataFile)
    {
        var place = $"The deletion vector of the file '{dataFile}' of the table '{folder}'";
        try
        {
            var rows = RowSet.Parse(StorageType == "i" ? Inline() : InFile(folder));
            return rows.Count == Cardinality
                ? rows
                : throw new FormatException($"it holds {rows.Count} rows, and the log says {Cardinality}");
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LakeException($"{place} cannot be read: {e.Message.TrimEnd('.')}. Nothing is read of the table, since rows that were "
                + "deleted would come back. Put the file of the vector back from a copy, or read an older version.", e);
        }
    }

    private byte[] Inline()
    {
        var bytes = Base85.Decode(PathOrInline);
        return bytes.Length >= SizeInBytes && SizeInBytes >= 0
            ? bytes[..SizeInBytes]
            : throw new FormatException($"it has {bytes.Length} bytes inline, and the log says {SizeInBytes}");
    }

    private byte[] InFile(string folder)
    {
        var path = FileOf(folder) ?? throw new FormatException($"its storage type '{StorageType}' is unknown");
        using var file = File.OpenRead(path);
        if (file.ReadByte() != FileVersion)
            throw new FormatException($"'{path}' does not begin with the version 1 of the format");
        file.Position = Offset ?? 1;
        Span<byte> number = stackalloc byte[sizeof(int)];
        ReadFully(file, number, path);
        var size = BinaryPrimitives.ReadInt32BigEndian(number);
        if (size != SizeInBytes)
            throw new FormatException($"'{path}' says {size} bytes at {Offset ?? 1}, and the log says {SizeInBytes}");
        if (size < 0 || size > file.Length - file.Position - sizeof(int))
            throw new FormatException($"'{path}' is cut off");
        var bytes = new byte[size];
        ReadFully(file, bytes, path);
        ReadFully(file, number, path);
        return BinaryPrimitives.ReadUInt32BigEndian(number) == Crc32.Of(bytes)
            ? bytes
            : throw new FormatException($"'{path}' is damaged: its checksum (CRC-32) does not fit its bytes");
    }

    /// <summary>Where the rows lie on disk; null where the log itself holds them, or the storage type is unknown.</summary>
    public string? FileOf(string folder)
    {
        switch (StorageType)
        {
            case "u" when PathOrInline.Length >= UuidLength:
                var uuid = new Guid(Base85.Decode(PathOrInline[^UuidLength..]), bigEndian: true);
                var prefix = PathOrInline[..^UuidLength];
                return FilePath.Within(folder, Path.Combine(prefix, $"deletion_vector_{uuid:D}.bin"));
            case "p":
                return FilePath.Within(folder, PathOrInline);
            default:
                return null;
        }
    }

    private static void ReadFully(FileStream file, Span<byte> into, string path)
    {
        if (file.ReadAtLeast(into, into.Length, throwOnEndOfStream: false) < into.Length)
            throw new FormatException($"'{path}' is cut off");
    }
}
