namespace Millrace.Lake.Delta;

/// <summary>What a client must know to read and to write a table: the <c>protocol</c> action.</summary>
/// <param name="MinReader">1 to 3; 3 means that <paramref name="ReaderFeatures"/> counts.</param>
/// <param name="MinWriter">1 to 7; 7 means that <paramref name="WriterFeatures"/> counts.</param>
/// <param name="ReaderFeatures">Empty below reader version 3.</param>
/// <param name="WriterFeatures">Empty below writer version 7.</param>
public sealed partial record TableProtocol(int MinReader, int MinWriter, IReadOnlyList<string> ReaderFeatures, IReadOnlyList<string> WriterFeatures)
{
    private const string Ntz = "timestampNtz";

    private static readonly string[] KnownToReader = [Ntz, "vacuumProtocolCheck"];

    /// <summary>The feature that keeps us from reading, or null. Column mapping of reader version 2 is judged by the table's
    /// configuration.</summary>
    internal string? Unreadable(IReadOnlyDictionary<string, string> configuration)
    {
        if (configuration.TryGetValue("delta.columnMapping.mode", out var mode) && mode != "none")
            return $"columnMapping (mode {mode})";
        if (MinReader > 3)
            return $"reader version {MinReader}";
        return ReaderFeatures.FirstOrDefault(f => !KnownToReader.Contains(f));
    }
}
