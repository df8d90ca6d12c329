namespace Millrace.Sources.Connectors;

/// <summary>The kinds of places that a source's <c>type:</c> can name.</summary>
internal static class KnownConnectors
{
    private static readonly List<IConnector> Known =
    [
        new FolderConnector(), new PostgresConnector(), new HttpConnector(), new SqliteConnector(), new DeltaConnector(), new SingerConnector(),
        new S3Connector(), new RabbitMqConnector(), new SftpConnector(), new PushConnector(),
    ];

    /// <summary>Every connector, in the order in which messages list their words.</summary>
    public static IReadOnlyList<IConnector> All => Known;

    /// <summary>The connector of a word, or null.</summary>
    public static IConnector? Find(string type) => Known.Find(c => c.Type == type);

    /// <summary>Makes one more known. For programs that embed Millrace; to be called before the first project is read.</summary>
    /// <exception cref="ArgumentException">The word is a format's, or another connector's.</exception>
    public static void Add(IConnector connector)
    {
        if (Find(connector.Type) is { } other)
            throw new ArgumentException($"The connector '{connector.Type}' of {connector.GetType()} is known as that of {other.GetType()}.", nameof(connector));
        if (Formats.KnownFormats.Find(connector.Type) is { } format)
            throw new ArgumentException($"The connector '{connector.Type}' of {connector.GetType()} has the name of the format {format.GetType()}.", nameof(connector));
        Known.Add(connector);
    }
}
