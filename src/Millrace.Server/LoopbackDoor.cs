using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Millrace.Server;

/// <summary>Lets through what programs of this machine send on their own behalf, and keeps out what a web page makes a browser
/// send.</summary>
/// <remarks>
/// A page can reach 127.0.0.1 in two ways: under a name of its own that resolves to it (then Host is that name), or across origins
/// (then the
/// browser says so in Origin). Both are refused with 403.
/// </remarks>
internal sealed class LoopbackDoor(RequestDelegate next)
{
    private string[] _hosts = [];

    public void Open(int port)
    {
        var ending = ":" + port.ToString(CultureInfo.InvariantCulture);
        _hosts = ["127.0.0.1" + ending, "localhost" + ending, "[::1]" + ending];
    }

    public Task HandleAsync(HttpContext http)
    {
        var host = http.Request.Headers.Host;
        if (host.Count != 1 || !IsOurs(host[0]))
            return Refuse(http, $"The request's Host is '{host}'. This server answers on: {string.Join(", ", _hosts)}.");
        var origin = http.Request.Headers.Origin;
        if (origin.Count > 0 && !(origin.Count == 1 && IsOurPage(origin[0]!)))
            return Refuse(http, $"The request comes from the web page '{origin}'. This server answers pages of its own address only.");
        return next(http);
    }

    private bool IsOurPage(string origin) => origin.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && IsOurs(origin[7..]);

    private bool IsOurs(string? host)
    {
        foreach (var one in _hosts)
        {
            if (one.Equals(host, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static Task Refuse(HttpContext http, string message) => JsonAnswer.ErrorAsync(http, StatusCodes.Status403Forbidden, message);
}
