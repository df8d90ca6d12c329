using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Millrace.Server.Ingest;
using Millrace.Server.OpenInference;
using Millrace.Serving;
using Millrace.Sources.Connectors;

namespace Millrace.Server;

/// <summary>A running server on 127.0.0.1, with the Open Inference Protocol for a set of endpoints.</summary>
/// <remarks>Nothing but its options configures it: no file of settings and no environment variable.</remarks>
public sealed class MillraceServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MillraceServer(WebApplication app, Uri address) => (_app, Address) = (app, address);

    /// <summary>Where it listens, such as <c>http://127.0.0.1:5080/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Port and limits.</param>
    /// <param name="endpoints">What is served, by name. It is looked into at each request, so that it may change; the server
    /// disposes none of them.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task<MillraceServer> StartAsync(
        ServerOptions options, IReadOnlyDictionary<string, EndpointRuntime> endpoints, CancellationToken cancellationToken) =>
        StartAsync(options, endpoints, null, cancellationToken);

    /// <summary>Starts to listen, also for what is pushed to sources.</summary>
    /// <param name="options">Port and limits.</param>
    /// <param name="endpoints">What is served, by name.</param>
    /// <param name="inboxes">What can be pushed to; null for nothing. The server does not dispose it.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task<MillraceServer> StartAsync(
        ServerOptions options, IReadOnlyDictionary<string, EndpointRuntime> endpoints, Inboxes? inboxes, CancellationToken cancellationToken)
    {
        var inference = new InferenceApi(endpoints, options);
        var ingest = inboxes is null ? null : new IngestApi(inboxes, options);
        return StartAsync(
            options, http => ingest is not null && IngestApi.Takes(http.Request.Path) ? ingest.HandleAsync(http) : inference.HandleAsync(http), cancellationToken);
    }

    /// <summary>Stops: takes no new connection, answers what is in flight, and lets the port go.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The same server around any handler, behind the same door.</summary>
    internal static async Task<MillraceServer> StartAsync(
        ServerOptions options, RequestDelegate handler, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopWithin);
        var app = builder.Build();
        try
        {
            var door = new LoopbackDoor(handler);
            app.Run(door.HandleAsync);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            var listening = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            var address = new Uri(listening);
            door.Open(address.Port);
            return new MillraceServer(app, address);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
