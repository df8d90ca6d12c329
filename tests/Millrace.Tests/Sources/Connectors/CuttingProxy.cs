using System.Net;
using System.Net.Sockets;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Stands before a server and lets so many of its bytes through; then every connection breaks off, and so do new ones.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly List<TcpClient> _clients = [];
    private long _left;

    public CuttingProxy(int target, long bytes)
    {
        (_target, _left) = (target, bytes);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public void Dispose()
    {
        _listener.Stop();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (Interlocked.Read(ref _left) <= 0)
                {
                    client.Dispose();
                    continue;
                }

                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target);
                lock (_clients)
                    _clients.AddRange([client, server]);
                _ = PumpAsync(client, server, isCounted: false);
                _ = PumpAsync(server, client, isCounted: true);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isCounted)
    {
        try
        {
            var buffer = new byte[4096];
            for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0;)
            {
                if (isCounted && Interlocked.Add(ref _left, -read) <= 0)
                {
                    Cut();
                    return;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }

            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // One side is gone.
        }
    }

    private void Cut()
    {
        lock (_clients)
        {
            foreach (var client in _clients)
                client.Dispose();
            _clients.Clear();
        }
    }
}
