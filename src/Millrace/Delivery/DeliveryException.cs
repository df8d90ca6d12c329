namespace Millrace.Delivery;

/// <summary>A place did not take what was delivered; the message names it, and no secret.</summary>
public sealed class DeliveryException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when trying again may help: the place was not reached, was busy, or broke off.</summary>
    public bool IsPassing { get; init; }

    /// <summary>How long the place asked to be left alone, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
