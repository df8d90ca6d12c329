using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Scenarios;

/// <summary>Runs the pages of <c>docs/guide</c> that show output, as a reader would, and compares. With MILLRACE_ACCEPT=1 it rewrites the output.</summary>
public sealed partial class GuideTests
{
    private const string Port = "5080";
    private const string End = "end of a block";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("retraining.md")]
    public void A_page_of_the_guide_shows_what_its_commands_answer(string page)
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Has("curl"), "The guide's commands are those of a POSIX shell, with curl.");
        var path = Path.Combine(Workshop.Root(), "docs", "guide", page);
        var text = File.ReadAllText(path);
        var blocks = Blocks().Matches(text);
        Assert.NotEmpty(blocks);

        var answers = Run([.. blocks.Select(b => b.Groups["commands"].Value)]);

        if (Environment.GetEnvironmentVariable("MILLRACE_ACCEPT") == "1")
        {
            var left = new Queue<string>(answers);
            File.WriteAllText(path, Blocks().Replace(text, b => $"```sh\n{b.Groups["commands"].Value}```\n\n```text\n{left.Dequeue()}```"));
            return;
        }

        Assert.All(blocks.Zip(answers), b => Assert.Equal(Masked(b.First.Groups["output"].Value), Masked(b.Second)));
    }

    /// <summary>What each block wrote, in one shell that began where the guide begins.</summary>
    private static List<string> Run(IReadOnlyList<string> blocks)
    {
        var folder = Directory.CreateTempSubdirectory("millrace-guide-");
        try
        {
            Workshop.Copy(Path.Combine(Workshop.Root(), "samples"), Path.Combine(folder.FullName, "samples"), withState: false);
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "millrace"), Path.Combine(AppContext.BaseDirectory, "Millrace.Cli"));
            var port = FreePort();
            var script = new StringBuilder("exec 2> errors.log\ntrap 'kill $!; wait $!' EXIT\n");
            foreach (var block in blocks)
                script.Append(block.Replace(Port, port, StringComparison.Ordinal)).Append("printf '%s\\n' '").Append(End).Append("'\n");
            var start = new ProcessStartInfo("sh", ["-c", script.ToString()]) { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardInput = true };
            foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MILLRACE_", StringComparison.Ordinal)).ToList())
                start.Environment.Remove(name);
            start.Environment["MILLRACE_ADDRESS"] = $"http://127.0.0.1:{port}";
            using var shell = Process.Start(start)!;
            shell.StandardInput.Close();
            var output = shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            if (!shell.WaitForExit(Longest))
            {
                shell.Kill(entireProcessTree: true);
                Assert.Fail($"The guide did not end within {Longest.TotalMinutes} minutes.");
            }

            var answers = output.GetAwaiter().GetResult().Replace(port, Port, StringComparison.Ordinal).Split(End + "\n");
            Assert.True(answers.Length == blocks.Count + 1, File.ReadAllText(Path.Combine(folder.FullName, "errors.log")));
            return [.. answers[..^1]];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Without what differs from run to run: moments, durations, ids, hashes, and the width of columns that hold them.</summary>
    private static string Masked(string text) => Spaces().Replace(Hash().Replace(RunId().Replace(Duration().Replace(Ago().Replace(Moment().Replace(text, "MOMENT"), "AGO"), "TIME"), "RUN"), "HASH"), " ");

    private static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, program)));

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("```sh\n(?<commands>.*?)```\n\n```text\n(?<output>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    /// <summary>Of our time; the sample lives in 2011 and 2012.</summary>
    [GeneratedRegex(@"20(2[4-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?|\b\d\d:\d\d:\d\d\b(?! UTC)")]
    private static partial Regex Moment();

    [GeneratedRegex(@"just now|\d+ (second|minute|hour)s? ago")]
    private static partial Regex Ago();

    [GeneratedRegex(@"\b[\d.,]+ m?s\b")]
    private static partial Regex Duration();

    [GeneratedRegex(@"run-\d+-[0-9a-f]{8}")]
    private static partial Regex RunId();

    [GeneratedRegex(@"\b[0-9a-f]{64}\b")]
    private static partial Regex Hash();

    [GeneratedRegex(" {2,}")]
    private static partial Regex Spaces();
}
