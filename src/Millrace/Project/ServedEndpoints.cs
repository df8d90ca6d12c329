using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Registry;
using Millrace.Scoring;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>The endpoints of an environment, each with the model version that the current release points at.</summary>
/// <remarks>A release is followed by <see cref="Refresh"/>: versions are switched without a dropped request. One thread refreshes; many may serve.</remarks>
public sealed class ServedEndpoints : IDisposable
{
    private readonly string _environment;
    private readonly string _home;
    private readonly Ledger.Ledger _ledger;
    private readonly ModelRegistry _registry;
    private readonly SqlSessionPool _pool;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, EndpointRuntime> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);
    private long? _release;

    internal ServedEndpoints(string environment, string home, Ledger.Ledger ledger, ModelRegistry registry, SqlSessionPool pool, TimeProvider clock) =>
        (_environment, _home, _ledger, _registry, _pool, _clock) = (environment, home, ledger, registry, pool, clock);

    /// <summary>The endpoints by name. It changes with releases.</summary>
    public IReadOnlyDictionary<string, EndpointRuntime> ByName => _endpoints;

    /// <summary>True when an endpoint that is released cannot be served, or not with the version that is released.</summary>
    public bool HasFailures => _failures.Count > 0;

    /// <summary>Follows the newest release, if it is another than the last one that was followed.</summary>
    /// <param name="told">Told in words what changed: a version that came into force, an endpoint that went, a version that cannot be loaded.</param>
    /// <remarks>A version that cannot be loaded leaves the one before in force, and is tried again each time.</remarks>
    public void Refresh(Action<string> told)
    {
        var release = _ledger.CurrentRelease(_environment);
        if (release == _release && _failures.Count == 0)
            return;
        var pointers = _ledger.Pointers(_environment);
        foreach (var pointer in pointers.Values.Where(p => p.Asset.Kind == AssetKind.Endpoint))
        {
            if (_ledger.Definition(pointer.Definition) is { } stored && ProjectFolder.ReadDefinition(stored.File, stored.Text) is EndpointDefinition endpoint)
                Follow(endpoint, pointers, told);
        }

        foreach (var gone in _endpoints.Keys.Where(name => !pointers.ContainsKey(new AssetKey(AssetKind.Endpoint, name))).ToList())
        {
            if (!_endpoints.TryRemove(gone, out var runtime))
                continue;
            runtime.Dispose();
            told($"endpoint {gone} is released no longer");
        }

        _release = release;
    }

    /// <summary>Closes segments of the logs that have grown or lain long enough, so that they can be folded into the prediction tables, and folds them.</summary>
    /// <param name="minimumAge">Younger segments stay open.</param>
    /// <param name="cancellationToken">Stops between segments.</param>
    public void Fold(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        foreach (var endpoint in _endpoints.Values)
        {
            endpoint.Log.Seal(minimumAge);
            endpoint.Log.Table.Fold(_clock.GetUtcNow(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var endpoint in _endpoints.Values)
            endpoint.Dispose();
        _endpoints.Clear();
    }

    private void Follow(EndpointDefinition endpoint, IReadOnlyDictionary<AssetKey, Pointer> pointers, Action<string> told)
    {
        var name = endpoint.Key.Name;
        if (!pointers.TryGetValue(new AssetKey(AssetKind.Model, endpoint.Model), out var pointer) || _ledger.Version(pointer.Version) is not { } version)
        {
            // A release without the model: what was served before it must not go on answering.
            if (_endpoints.TryGetValue(name, out var without) && without.IsReady)
            {
                without.Withdraw();
                told($"endpoint {name} has no released version of {endpoint.Model} any more");
            }

            return;
        }

        var number = version.Id.Number.ToString(CultureInfo.InvariantCulture);
        try
        {
            if (!_endpoints.TryGetValue(name, out var runtime))
            {
                runtime = new EndpointRuntime(PredictionLog.Open(new PredictionTable(_home, name, _ledger, _pool), new PredictionLogOptions(), _clock), _clock, new ServingLimits());
                _endpoints[name] = runtime;
            }

            if (runtime.Current is { } current && current.Model == endpoint.Model && current.Version == number)
                return;
            var model = OnnxModel.Open(_registry.Onnx(_registry.Read(version)));
            runtime.Switch(OnnxScorer.Serve(name, endpoint.Model, number, model));
            _failures.Remove(name);
            told($"endpoint {name} serves {endpoint.Model}@{number}");
        }
        catch (Exception e) when (e is InvalidDataException or OnnxModelException or IOException or ArgumentException)
        {
            var message = $"endpoint {name} cannot serve {endpoint.Model}@{number}{(_endpoints.TryGetValue(name, out var had) && had.IsReady ? " and keeps what it had" : "")}: {e.Message}";
            if (_failures.GetValueOrDefault(name) != message)
                told(message);
            _failures[name] = message;
        }
    }
}
