using System.Runtime.CompilerServices;
using Millrace.Native;

namespace Millrace.Tests.Native;

/// <summary>The ONNX project's own cases: a model, inputs, and the outputs that they must give. Debian has them as libonnx-testdata.</summary>
/// <remarks>
/// What is not expected to pass stands in <c>onnx-exceptions.txt</c> by name and reason, and must fail in the way that stands there.
/// </remarks>
public sealed class OrtConformanceTests(ITestOutputHelper output)
{
    /// <summary>Of 1,072 cases, as measured.</summary>
    private const int AtLeast = 960;
    private const string Folder = "/usr/share/libonnx-testdata/data";
    private static readonly string[] Groups = ["node", "pytorch-converted", "pytorch-operator", "simple"];

    [Fact]
    public void The_cases_of_the_onnx_project_give_their_expected_outputs()
    {
        Assert.SkipUnless(Directory.Exists(Folder), $"{Folder} is absent: it comes with Debian's package libonnx-testdata.");

        var exceptions = Exceptions();
        var (reasons, surprises) = (new List<string>(), new List<string>());
        var (all, opened, passed) = (0, 0, 0);
        foreach (var folder in Groups.SelectMany(g => Directory.GetDirectories(Path.Combine(Folder, g))).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "model.onnx")))
                continue;

            all++;
            var name = Path.GetRelativePath(Folder, folder);
            var (isOpen, failure) = Try(folder);
            opened += isOpen ? 1 : 0;
            if (failure is null)
                passed++;
            else if (exceptions.TryGetValue(name, out var exception) && failure.Contains(exception.Says, StringComparison.Ordinal))
                reasons.Add(exception.Reason);
            else
                surprises.Add($"{name}: {failure}");
        }

        output.WriteLine(FormattableString.Invariant($"{all} models, {opened} open, {passed} give their expected outputs."));
        foreach (var reason in reasons.CountBy(r => r).OrderByDescending(r => r.Value))
            output.WriteLine(FormattableString.Invariant($"{reason.Value,4}  {reason.Key}"));
        Assert.True(surprises.Count == 0, string.Join("\n", surprises));
        Assert.True(passed >= AtLeast, $"{passed} cases passed; at least {AtLeast} did before.");
    }

    private static Dictionary<string, (string Says, string Reason)> Exceptions([CallerFilePath] string caller = "")
    {
        var exceptions = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        var reason = ("", "");
        foreach (var line in File.ReadLines(Path.Combine(Path.GetDirectoryName(caller)!, "onnx-exceptions.txt")))
        {
            if (line.StartsWith("= ", StringComparison.Ordinal) && line[2..].Split(" = ") is [var says, var why])
                reason = (says, why);
            else if (line.Length > 0 && line[0] != '#')
                exceptions.Add(line, reason);
        }

        return exceptions;
    }

    private static (bool Opened, string? Reason) Try(string folder)
    {
        OrtSession session;
        try
        {
            session = OrtSession.Open(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
        }
        catch (OrtException e)
        {
            return (false, $"open {e.Code}: {e.Message}");
        }

        using (session)
        {
            try
            {
                var sets = Directory.GetDirectories(folder, "test_data_set_*");
                return (true, sets.Length == 0 ? "no data" : sets.Select(s => Run(session, s)).FirstOrDefault(r => r is not null));
            }
            catch (Exception e) when (e is OrtException or ArgumentException or NotSupportedException)
            {
                return (true, $"run {e.GetType().Name}: {e.Message}");
            }
        }
    }

    private static string? Run(OrtSession session, string set)
    {
        foreach (var value in session.Inputs.Concat(session.Outputs))
        {
            if (value.Kind != OrtValueKind.Tensor)
                return $"kind {value.Kind}";
        }

        var files = Files(set, "input");
        var inputs = session.Inputs.Select((input, i) => (files.FirstOrDefault(f => f.Name == input.Name) ?? files[i]).As(input).ToTensor()).ToArray();
        var outputs = session.Run(inputs);
        try
        {
            var expected = Files(set, "output");
            return Enumerable.Range(0, expected.Length)
                .Select(i => expected[i].As(session.Outputs[i]).Difference(outputs[i]) is { } difference ? $"differs: {difference}" : null)
                .FirstOrDefault(d => d is not null);
        }
        finally
        {
            foreach (var tensor in inputs.Concat(outputs))
                tensor.Dispose();
        }
    }

    private static TensorFile[] Files(string set, string kind) =>
        [.. Enumerable.Range(0, Directory.GetFiles(set, $"{kind}_*.pb").Length).Select(i => TensorFile.Read(Path.Combine(set, $"{kind}_{i}.pb")))];
}
