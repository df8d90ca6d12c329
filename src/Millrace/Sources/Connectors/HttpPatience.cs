using System.Net.Http.Headers;
using System.Net.Sockets;
using Millrace.Statistics;

namespace Millrace.Sources.Connectors;

/// <summary>How long to wait before asking a server again.</summary>
/// <remarks>
/// Without a word of the server: the first wait, doubled with each attempt, times a factor in [0.5, 1) that a seed decides, so that many
/// loads do not come back at the same moment. With <c>Retry-After</c>, in seconds or as a date: exactly that.
/// </remarks>
internal sealed class HttpPatience(HttpPlace place, TimeProvider time, ulong seed)
{
    private SeededChance _chance = new(seed);

    /// <summary>True for a failure that may be gone at the next attempt.</summary>
    public static bool IsPassing(Exception e) => e is PassingException or HttpRequestException or IOException or SocketException or OperationCanceledException;

    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="asked">What the server asks for.</param>
    /// <returns>Null when the server asks for more than is allowed.</returns>
    public TimeSpan? Before(int attempt, RetryConditionHeaderValue? asked)
    {
        var wanted = asked switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        if (wanted is { } exact)
            return exact > place.MaxWait ? null : exact < TimeSpan.Zero ? TimeSpan.Zero : exact;
        var seconds = Math.Min(place.Wait.TotalSeconds * Math.Pow(2, Math.Min(attempt - 1, 40)), place.MaxWait.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.5 + _chance.Below(1 << 20) / (double)(1 << 21)));
    }

    /// <summary>Waits by the clock that was given.</summary>
    public void Wait(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait > TimeSpan.Zero)
            Task.Delay(wait, time, cancellationToken).ConfigureAwait(false).GetAwaiter().GetResult();
    }
}

/// <summary>A failure that may be gone at the next attempt.</summary>
internal sealed class PassingException(string message, RetryConditionHeaderValue? retryAfter, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>When the server asks to come back.</summary>
    public RetryConditionHeaderValue? RetryAfter => retryAfter;
}
