namespace Millrace.Lake.Delta;

/// <summary>What a client must know to read and to write a table: the <c>protocol</c> action.</summary>
/// <param name="MinReader">1 to 3; 3 means that <paramref name="ReaderFeatures"/> counts.</param>
/// <param name="MinWriter">1 to 7; 7 means that <paramref name="WriterFeatures"/> counts.</param>
/// <param name="ReaderFeatures">Empty below reader version 3.</param>
/// <param name="WriterFeatures">Empty below writer version 7.</param>
public sealed partial record TableProtocol(int MinReader, int MinWriter, IReadOnlyList<string> ReaderFeatures, IReadOnlyList<string> WriterFeatures)
{
    private const string Ntz = "timestampNtz";

    private const string Mapping = "columnMapping";

    private static readonly string[] KnownToReader =
    [
        Ntz, "vacuumProtocolCheck", Mapping, "deletionVectors", "v2Checkpoint", "typeWidening", "typeWidening-preview", "variantType",
        "variantType-preview", "variantShredding", "variantShredding-preview", "geospatial",
    ];

    /// <summary>True when a table may find its columns in the files by other things than their names.</summary>
    internal bool CanMapColumns => MinReader == 2 || ReaderFeatures.Contains(Mapping);

    /// <summary>The feature that keeps us from reading, or null.</summary>
    internal string? Unreadable() =>
        MinReader > 3 ? $"reader version {MinReader}" : ReaderFeatures.FirstOrDefault(f => !KnownToReader.Contains(f));
}
