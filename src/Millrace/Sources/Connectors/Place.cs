namespace Millrace.Sources.Connectors;

/// <summary>Where the rows of one source are, as its file says it.</summary>
internal abstract record Place
{
    /// <summary>What decides which rows come, such as table or query: part of the fingerprint. No secret, no host, no time-out.</summary>
    public abstract string Identity { get; }

    /// <summary>The name of the format in which rows land: a word of <see cref="Formats.IFormat.Name"/>. Empty when files are brought as they
    /// are: then the source says it.</summary>
    public abstract string Format { get; }

    /// <summary>True for a place that gives a row once, such as a queue: then the landings are all there is to load again from, and are kept.</summary>
    public virtual bool ForgetsWhatItGave => false;

    /// <summary>Fetches what is new into the landing, and says how far it got. Nothing is acknowledged outside yet.</summary>
    /// <exception cref="SourceException">The place is not there, refuses, or breaks off; the message names it, without secrets.</exception>
    public abstract FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken);
}
