using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Server;
using Millrace.Serving;
using Millrace.Tests.Serving;

namespace Millrace.Tests.Server;

/// <summary>A server on a port of its own, with the endpoint `demand` of <see cref="ServingTestBase"/>.</summary>
public abstract class ServerTestBase : ServingTestBase, IAsyncLifetime
{
    protected MillraceServer Server { get; private set; } = null!;

    protected HttpClient Http { get; private set; } = null!;

    protected Dictionary<string, EndpointRuntime> Endpoints { get; } = [];

    protected virtual ServerOptions ServerOptions => new() { Port = 0 };

    public async ValueTask InitializeAsync()
    {
        Endpoints["demand"] = Endpoint;
        Server = await MillraceServer.StartAsync(ServerOptions, Endpoints, Cancellation);
        Http = new HttpClient { BaseAddress = Server.Address };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One row as the protocol's JSON.</summary>
    protected static string Row(string? id = null, string temp = "10", string hour = "8", string city = "\"Bern\"", string more = "") =>
        $$"""
        {{{(id is null ? "" : $"\"id\":\"{id}\",")}}"inputs":[
          {"name":"temp","shape":[1,1],"datatype":"FP32","data":[{{temp}}]},
          {"name":"hour","shape":[1],"datatype":"INT64","data":[{{hour}}]},
          {"name":"city","shape":[1,1],"datatype":"BYTES","data":[[{{city}}]]}]{{more}}}
        """;

    protected async Task<(int Status, string Body)> Get(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    protected async Task<(int Status, string Body)> Infer(string body, string path = "v2/models/demand/infer", string? type = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>The error text of a refused request, after its status.</summary>
    protected async Task<string> Refused(string body, string path = "v2/models/demand/infer", string? type = "application/json")
    {
        var (status, text) = await Infer(body, path, type);
        Assert.NotEqual(200, status);
        return $"{status} {(string?)JsonNode.Parse(text)!["error"]}";
    }
}
