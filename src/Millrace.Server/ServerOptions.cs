namespace Millrace.Server;

/// <summary>How the server listens and what it takes.</summary>
public sealed record ServerOptions
{
    /// <summary>The port on 127.0.0.1; 0 lets the system choose. Default 5080.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>Bytes of one request's body; more is refused with 413. Default 256 MiB, enough for a million rows of a dozen
    /// numbers.</summary>
    public long MaxBodyBytes { get; init; } = 256L << 20;

    /// <summary>How long requests in flight may take when the server stops, before they are cut off. Default 30 seconds.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Hears of failures that are ours and not the client's, which got 500. Default: nobody.</summary>
    public Action<Exception>? Failed { get; init; }
}
