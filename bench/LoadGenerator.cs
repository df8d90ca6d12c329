using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Bench;

/// <summary>Sends one request after the other over a number of kept connections, in a process of its own.</summary>
internal static class LoadGenerator
{
    /// <summary>Ten digits in the body's file that become the number of the request, so that each has an id of its own.</summary>
    public const string Placeholder = "0000000000";

    /// <summary>What a run of the generator found.</summary>
    /// <param name="PerSecond">Requests that were answered with 200, a second.</param>
    /// <param name="P50">Median latency in milliseconds.</param>
    /// <param name="P99">The latency that one of a hundred exceeds, in milliseconds.</param>
    public sealed record Result(double PerSecond, double P50, double P99);

    /// <summary>Runs the generator as a child.</summary>
    /// <param name="first">The number of the first request; later runs take larger ones.</param>
    public static Result Start(int port, string path, string bodyFile, int connections, double seconds, long first)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(LoadGenerator).Assembly.Location);
        foreach (var argument in new object[] { "load", port, path, bodyFile, connections, seconds, first })
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        using var process = Process.Start(start)!;
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException("The load generator failed: " + line);
        var parts = line.Split(' ').Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        return new Result(parts[0], parts[1], parts[2]);
    }

    public static int Run(string[] args)
    {
        var port = int.Parse(args[0], CultureInfo.InvariantCulture);
        var body = File.ReadAllBytes(args[2]);
        var connections = int.Parse(args[3], CultureInfo.InvariantCulture);
        var seconds = double.Parse(args[4], CultureInfo.InvariantCulture);
        var number = long.Parse(args[5], CultureInfo.InvariantCulture);
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST {args[1]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: "
                + $"{body.Length}\r\n\r\n"));
        byte[] request = [.. head, .. body];
        var at = request.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Placeholder));
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var latencies = new List<long>[connections];
        var threads = Enumerable.Range(0, connections).Select(c => new Thread(() =>
        {
            latencies[c] = new List<long>(1 << 16);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            var own = (byte[])request.Clone();
            var buffer = new byte[1 << 20];
            for (long now; (now = Stopwatch.GetTimestamp()) < end;)
            {
                if (at >= 0)
                    Utf8Formatter.TryFormat(Interlocked.Increment(ref number), own.AsSpan(at), out _, new System.Buffers.StandardFormat('D', 10));
                socket.Send(own);
                Receive(socket, buffer);
                latencies[c].Add(Stopwatch.GetTimestamp() - now);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var all = latencies.SelectMany(l => l).Order().ToList();
        double Ms(double share) => all[(int)(share * (all.Count - 1))] * 1000.0 / Stopwatch.Frequency;
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{all.Count / seconds} {Ms(0.5)} {Ms(0.99)}"));
        return 0;
    }

    /// <summary>Reads one answer to its end, by its Content-Length or its last chunk.</summary>
    private static void Receive(Socket socket, byte[] buffer)
    {
        var filled = 0;
        while (true)
        {
            var read = socket.Receive(buffer.AsSpan(filled));
            if (read == 0)
                throw new InvalidOperationException("The server closed the connection.");
            filled += read;
            var text = buffer.AsSpan(0, filled);
            var head = text.IndexOf("\r\n\r\n"u8);
            if (head < 0)
                continue;
            if (!text.StartsWith("HTTP/1.1 200"u8))
                throw new InvalidOperationException(Encoding.UTF8.GetString(text));
            var length = text.IndexOf("Content-Length: "u8);
            if (length >= 0 && length < head)
            {
                Utf8Parser.TryParse(text[(length + 16)..], out int bytes, out _);
                if (filled == head + 4 + bytes)
                    return;
            }
            else if (text.EndsWith("\r\n0\r\n\r\n"u8))
            {
                return;
            }
        }
    }
}
