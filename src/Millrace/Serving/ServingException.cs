namespace Millrace.Serving;

/// <summary>Why a request is not answered.</summary>
public enum Refusal
{
    /// <summary>The request is wrong and would be wrong again.</summary>
    Invalid,

    /// <summary>There is no such endpoint or version.</summary>
    Unknown,

    /// <summary>More than the endpoint takes at once.</summary>
    TooLarge,

    /// <summary>No version is in force yet, the endpoint is closing, or the log cannot be written: the same request may succeed
    /// later.</summary>
    NotReady,
}

/// <summary>A request that is not answered; the message is meant for its sender. Nothing of it was logged.</summary>
public sealed class ServingException(Refusal refusal, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public Refusal Refusal { get; } = refusal;
}
