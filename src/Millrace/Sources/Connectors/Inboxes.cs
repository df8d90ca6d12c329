using Millrace.Assets;

namespace Millrace.Sources.Connectors;

/// <summary>The inboxes of the sources that are pushed to. Each opens with its first request, and stays open.</summary>
/// <param name="home">The home's folder.</param>
/// <param name="sources">The sources of <c>type: push</c>.</param>
/// <param name="time">Says when a request came.</param>
public sealed class Inboxes(string home, IReadOnlyCollection<AssetKey> sources, TimeProvider time) : IDisposable
{
    private readonly Lock _turn = new();
    private readonly Dictionary<AssetKey, Inbox> _open = [];
    private bool _isDisposed;

    /// <summary>The sources that can be pushed to.</summary>
    public IReadOnlyCollection<AssetKey> Sources => sources;

    /// <summary>The inbox of a source; null when nothing of this name is pushed to.</summary>
    /// <exception cref="IOException">Another process has it open.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public Inbox? Find(string name)
    {
        if (sources.FirstOrDefault(s => s.Name == name) is not { Name: { } } source)
            return null;
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_open.TryGetValue(source, out var inbox))
                _open[source] = inbox = Inbox.Open(home, source, time);
            return inbox;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            foreach (var inbox in _open.Values)
                inbox.Dispose();
            _open.Clear();
        }
    }
}
