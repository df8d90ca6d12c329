namespace Millrace.Scenarios;

/// <summary><c>millrace serve</c> as a process of its own, on a free port.</summary>
internal sealed class Server : IDisposable
{
    private readonly RunningProgram _program;

    private Server(RunningProgram program, Uri address) => (_program, Address) = (program, address);

    public Uri Address { get; }

    /// <summary>Starts to serve a project and waits until it listens.</summary>
    /// <param name="bikes">Where.</param>
    /// <param name="tick">Seconds between two looks of automation; 0 leaves them to the test.</param>
    public static Server Start(Workshop bikes, int tick = 0)
    {
        var program = bikes.Start("serve", "--listen", "127.0.0.1:0", "--tick", tick.ToString(CultureInfo.InvariantCulture), "--json");
        var line = program.WaitForLine(l => l.Contains("\"event\":\"listening\"", StringComparison.Ordinal));
        return new Server(program, new Uri((string)System.Text.Json.Nodes.JsonNode.Parse(line)!["text"]!));
    }

    public void Kill() => _program.Kill();

    public void Dispose() => _program.Dispose();
}
