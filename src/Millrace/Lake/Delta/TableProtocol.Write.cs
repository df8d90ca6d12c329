using Millrace.Assets;

namespace Millrace.Lake.Delta;

public sealed partial record TableProtocol
{
    private const int WithFeatures = 7;

    /// <summary>What we uphold when we write: the feature, the writer and reader version that bring it without naming it, and whether
    /// readers must know it. 7 and 3 mean that it must be named.</summary>
    private static readonly (string Name, int Writer, int Reader, bool IsForReaders)[] Upheld =
    [
        ("appendOnly", 2, 1, false), ("invariants", 2, 1, false), ("checkConstraints", 3, 1, false), ("changeDataFeed", 4, 1, false),
        ("generatedColumns", 4, 1, false), ("columnMapping", 5, 2, true), ("identityColumns", 6, 1, false),
        (Ntz, WithFeatures, 3, true), ("typeWidening", WithFeatures, 3, true), ("typeWidening-preview", WithFeatures, 3, true),
        ("deletionVectors", WithFeatures, 3, true), ("vacuumProtocolCheck", WithFeatures, 3, true),
        ("allowColumnDefaults", WithFeatures, 1, false), ("inCommitTimestamp", WithFeatures, 1, false),
    ];

    private static readonly Dictionary<string, string> NoProperties = [];

    /// <summary>The lowest protocol of a table with this schema: (1,2), or (3,7) with <c>timestampNtz</c> where a column is a timestamp
    /// without zone.</summary>
    public static TableProtocol For(Schema schema) => For(schema, NoProperties);

    /// <summary>The lowest protocol of a table with this schema and these properties: CHECK constraints ask for (1,3), the change data feed
    /// for (1,4), column mapping for (2,5), timestamps without zone and type widening for (3,7).</summary>
    public static TableProtocol For(Schema schema, IReadOnlyDictionary<string, string> configuration) =>
        new TableProtocol(1, 2, [], []).RaisedFor(schema, configuration);

    /// <summary>This protocol raised so that a table of it can take the schema and the properties; this very object when it can already.
    /// Never lowers.</summary>
    public TableProtocol RaisedFor(Schema schema, IReadOnlyDictionary<string, string> configuration)
    {
        var needed = Needed(schema, configuration).Select(n => Upheld.First(u => u.Name == n)).ToList();
        var missing = needed.Where(n => !Has(n)).ToList();
        if (missing.Count == 0)
            return this;
        if (MinWriter < WithFeatures && missing.TrueForAll(m => m.Writer < WithFeatures))
            return new TableProtocol(
                Math.Max(MinReader, missing.Max(m => m.Reader)), Math.Max(MinWriter, missing.Max(m => m.Writer)), [], []);

        // Once features are named, those that the version numbers brought must be named too. Of these only the ones that bind a table are
        // taken along: nobody need know how to fill identity columns because a table was once written at version 6.
        var writer = MinWriter == WithFeatures ? WriterFeatures : Brought(configuration);
        var reader = MinReader == 3 ? ReaderFeatures : MinReader == 2 ? [Mapping] : [];
        IReadOnlyList<string> writers = [.. writer.Union(needed.Select(n => n.Name)).Union(reader)];
        IReadOnlyList<string> readers = [.. reader.Union(needed.Where(n => n.IsForReaders).Select(n => n.Name))];
        return new TableProtocol(readers.Count > 0 ? 3 : MinReader, WithFeatures, readers, writers);
    }

    /// <summary>The feature that keeps us from writing, or null. Rules of single columns are judged by the table's metadata.</summary>
    internal string? Unwritable() => MinWriter switch
    {
        < WithFeatures => null,
        WithFeatures => WriterFeatures.FirstOrDefault(f => !Array.Exists(Upheld, u => u.Name == f)),
        _ => $"writer version {MinWriter}",
    };

    private static IEnumerable<string> Needed(Schema schema, IReadOnlyDictionary<string, string> configuration)
    {
        if (schema.Columns.Any(c => c.Type.HasTimestampNtz))
            yield return Ntz;
        if (IsOn(configuration, "delta.appendOnly"))
            yield return "appendOnly";
        if (configuration.Keys.Any(k => k.StartsWith(TableConstraint.Prefix, StringComparison.OrdinalIgnoreCase)))
            yield return "checkConstraints";
        if (IsOn(configuration, "delta.enableChangeDataFeed"))
            yield return "changeDataFeed";
        if (configuration.TryGetValue("delta.columnMapping.mode", out var mode) && mode != "none")
            yield return "columnMapping";
        if (IsOn(configuration, "delta.enableTypeWidening"))
            yield return "typeWidening";
        if (IsOn(configuration, "delta.enableInCommitTimestamps"))
            yield return "inCommitTimestamp";
    }

    internal static bool IsOn(IReadOnlyDictionary<string, string> configuration, string property) =>
        configuration.TryGetValue(property, out var value) && value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private IReadOnlyList<string> Brought(IReadOnlyDictionary<string, string> configuration)
    {
        var brought = new List<string>();
        if (MinWriter >= 2)
            brought.AddRange(["appendOnly", "invariants"]);
        if (MinWriter >= 3 && configuration.Keys.Any(k => k.StartsWith(TableConstraint.Prefix, StringComparison.OrdinalIgnoreCase)))
            brought.Add("checkConstraints");
        if (MinWriter >= 4 && IsOn(configuration, "delta.enableChangeDataFeed"))
            brought.Add("changeDataFeed");
        return brought;
    }

    private bool Has((string Name, int Writer, int Reader, bool IsForReaders) feature)
    {
        var writes = MinWriter >= WithFeatures ? WriterFeatures.Contains(feature.Name) : MinWriter >= feature.Writer;
        var reads = !feature.IsForReaders || (MinReader >= 3 ? ReaderFeatures.Contains(feature.Name) : MinReader >= feature.Reader);
        return writes && reads;
    }
}
