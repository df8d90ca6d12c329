using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>What a client must know to read and to write a table: the <c>protocol</c> action.</summary>
/// <param name="MinReader">1 to 3; 3 means that <paramref name="ReaderFeatures"/> counts.</param>
/// <param name="MinWriter">1 to 7; 7 means that <paramref name="WriterFeatures"/> counts.</param>
/// <param name="ReaderFeatures">Empty below reader version 3.</param>
/// <param name="WriterFeatures">Empty below writer version 7.</param>
public sealed record TableProtocol(int MinReader, int MinWriter, IReadOnlyList<string> ReaderFeatures, IReadOnlyList<string> WriterFeatures)
{
    private const string Ntz = "timestampNtz";

    private const string Mapping = "columnMapping";

    private static readonly string[] KnownToReader =
    [
        Ntz, "vacuumProtocolCheck", Mapping, "deletionVectors", "v2Checkpoint", "typeWidening", "typeWidening-preview", "variantType",
        "variantType-preview", "variantShredding", "variantShredding-preview", "geospatial",
    ];

    private static readonly string[] KnownToWriter = ["appendOnly", "invariants", Ntz];

    /// <summary>The lowest protocol of a table with this schema: (1,2), or (3,7) with <c>timestampNtz</c> where a column is a timestamp
    /// without zone.</summary>
    public static TableProtocol For(Schema schema) =>
        schema.Columns.Any(c => c.Type.HasTimestampNtz) ? new TableProtocol(3, 7, [Ntz], KnownToWriter) : new TableProtocol(1, 2, [], []);

    /// <summary>This protocol raised so that a table of it can take the schema; this very object when it can already. Never
    /// lowers.</summary>
    public TableProtocol RaisedFor(Schema schema)
    {
        var wanted = For(schema);
        if (wanted.MinReader < 3 || ReaderFeatures.Contains(Ntz))
            return this;
        return new TableProtocol(3, 7, [.. ReaderFeatures.Union(wanted.ReaderFeatures)], [.. WriterFeatures.Union(wanted.WriterFeatures)]);
    }

    /// <summary>True when a table may find its columns in the files by other things than their names.</summary>
    internal bool CanMapColumns => MinReader == 2 || ReaderFeatures.Contains(Mapping);

    /// <summary>The feature that keeps us from reading, or null.</summary>
    internal string? Unreadable() =>
        MinReader > 3 ? $"reader version {MinReader}" : ReaderFeatures.FirstOrDefault(f => !KnownToReader.Contains(f));

    /// <summary>The feature that keeps us from writing, or null.</summary>
    internal string? Unwritable() => MinWriter switch
    {
        <= 2 => null,
        7 => WriterFeatures.FirstOrDefault(f => !KnownToWriter.Contains(f)),
        _ => $"writer version {MinWriter}",
    };
}
