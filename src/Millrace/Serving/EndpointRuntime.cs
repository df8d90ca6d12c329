using Millrace.Serving.Predictions;

namespace Millrace.Serving;

/// <summary>One endpoint that answers: the model version in force, and the log without which nothing is answered.</summary>
/// <remarks>Thread-safe. A request keeps the version that was in force when it came; switching waits for nobody and drops
/// nobody.</remarks>
public sealed class EndpointRuntime : IDisposable
{
    private readonly Lock _gate = new();
    private ServedModel? _current;
    private bool _isClosed;

    /// <summary>An endpoint without a version; it is ready after the first <see cref="Switch"/>.</summary>
    /// <param name="log">Its log; disposed with the endpoint.</param>
    /// <param name="clock">When requests come, and how long they take.</param>
    /// <param name="limits">What a request may ask for.</param>
    public EndpointRuntime(PredictionLog log, TimeProvider clock, ServingLimits limits) => (Log, Clock, Limits) = (log, clock, limits);

    /// <summary>The endpoint's name.</summary>
    public string Name => Log.Table.Endpoint;

    /// <summary>Where answers are logged.</summary>
    public PredictionLog Log { get; }

    /// <summary>What a request may ask for.</summary>
    public ServingLimits Limits { get; }

    /// <summary>True while a version is in force.</summary>
    public bool IsReady => Volatile.Read(ref _current) is not null;

    /// <summary>The version in force, or null.</summary>
    public ModelIdentity? Current => Volatile.Read(ref _current)?.Identity;

    internal TimeProvider Clock { get; }

    /// <summary>Puts a version in force for the requests that come from now on; the one before is released when its last request
    /// ended.</summary>
    /// <remarks>The version is scored once before it is switched to, so that one that fails never comes into force; then it is
    /// released.</remarks>
    /// <exception cref="InvalidDataException">The version was served with another signature before.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint is closed.</exception>
    public void Switch(ServedModel next)
    {
        ServedModel? before;
        try
        {
            Log.Register(next.Identity);
            next.WarmUp();
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                before = _current;
                _current = next;
            }
        }
        catch
        {
            next.LetGo();
            throw;
        }

        before?.LetGo();
    }

    /// <summary>Takes the version in force away: requests are refused as not ready until the next <see cref="Switch"/>.</summary>
    public void Withdraw()
    {
        ServedModel? before;
        lock (_gate)
        {
            before = _current;
            _current = null;
        }

        before?.LetGo();
    }

    /// <summary>Begins a request: it is filled, answered and disposed by its face.</summary>
    /// <param name="version">The version asked for; null takes the one in force.</param>
    /// <exception cref="ServingException">No version is in force, or another than the one asked for.</exception>
    public InferenceRequest Begin(string? version = null)
    {
        while (true)
        {
            var model = Volatile.Read(ref _current) ?? throw new ServingException(Refusal.NotReady,
                $"The endpoint '{Name}' has no model version in force yet. Train and release one, then try again.");
            if (version is not null && version != model.Identity.Version)
                throw new ServingException(Refusal.Unknown, $"The endpoint '{Name}' has no version '{version}' in force. It serves "
                    + $"version '{model.Identity.Version}'.");
            if (model.TryHold())
                return new InferenceRequest(this, model);
        }
    }

    /// <summary>Closes the endpoint and its log. Requests that are not answered yet are refused as not ready.</summary>
    public void Dispose()
    {
        ServedModel? before;
        lock (_gate)
        {
            _isClosed = true;
            before = _current;
            _current = null;
        }

        before?.LetGo();
        Log.Dispose();
    }
}
