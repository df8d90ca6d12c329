using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Millrace.Serving;

namespace Millrace.Tests.Server;

/// <summary>Requests and texts that other people published. The variable MILLRACE_CONFORMANCE names the folder that holds them.</summary>
public sealed class ProtocolConformanceTests : ServerTestBase
{
    /// <summary>Requests of MLServer's own examples, the model that each asks for, and what it gets.</summary>
    public static TheoryData<string, string, TensorType, int, int, string> Requests => new()
    {
        { "benchmarking_data_iris_rest-requests.json", "input-0", TensorType.Float32, 4, 200, "10" },
        { "runtimes_lightgbm_tests_testdata_inference-request.json", "input-0", TensorType.Int32, 3, 200, "6" },

        // It says that there are 3 elements and sends 64, as 0. for 0.0, which is no JSON.
        { "docs-gb_examples_sklearn_inference-request.json", "predict", TensorType.Int32, 64, 400, "Input 'predict': expected shape "
            + "[rows,64], given [3]." },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Requests_of_MLServer_are_answered_or_refused_for_a_reason(string file, string input, TensorType type, int width, int status, string expected)
    {
        var body = await File.ReadAllTextAsync(Path.Combine(Folder("mlserver"), file), Cancellation);
        var signature = new ModelSignature(
            [new TensorSpec(input, type, width)], [new TensorSpec("predict", TensorType.Float64), new TensorSpec("predict_proba", TensorType.Float64, 2)]);
        Endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "foreign", "1", signature),
            (inputs, rows, outputs) =>
            {
                for (var row = 0; row < rows; row++)
                {
                    var sum = 0.0;
                    for (var i = row * width; i < (row + 1) * width; i++)
                        sum += type == TensorType.Float32 ? inputs[0].Values<float>()[i] : inputs[0].Values<int>()[i];
                    outputs[0].Add(sum);
                    outputs[1].Add(0.25);
                    outputs[1].Add(0.75);
                }
            },
            () => { }));

        var answer = await Infer(body);

        Assert.Equal(status, answer.Status);
        var json = JsonNode.Parse(answer.Body)!;
        if (status != 200)
        {
            Assert.Contains(expected, (string)json["error"]!, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(["predict", "predict_proba"], json["outputs"]!.AsArray().Select(o => (string)o!["name"]!));
        Assert.Equal($"[{expected}]", json["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal("[1,2]", json["outputs"]![1]!["shape"]!.ToJsonString());
    }

    [Fact]
    public async Task Every_path_of_the_protocols_text_and_of_its_OpenAPI_file_is_known()
    {
        var folder = Folder("open-inference-protocol");
        var text = await File.ReadAllTextAsync(Path.Combine(folder, "inference_rest.md"), Cancellation);
        var yaml = await File.ReadAllTextAsync(Path.Combine(folder, "open_inference_rest.yaml"), Cancellation);
        var paths = Regex.Matches(text, @"^\| [^|]*\| (GET|POST) *\| ([^|]*?) ?\|", RegexOptions.Multiline).SelectMany(m =>
                new[] { Regex.Replace(m.Groups[2].Value, @"\[([^\]]*)\]", ""), m.Groups[2].Value.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal) })
            .Concat(Regex.Matches(yaml, @"^  '?(/v2[^:']*)'?:", RegexOptions.Multiline).Select(m => m.Groups[1].Value))
            .Select(p => Regex.Replace(Regex.Replace(p, @"\\?[<{$]+\{?(model|MODEL)_?(name|NAME)\\?[>}]", "demand"), @"\\?[<{$]+\{?(model|MODEL)_?(version|VERSION)\\?[>}]", "1").Trim('/'))
            .Distinct().ToList();

        Assert.True(paths.Count >= 9, string.Join(" ", paths));
        foreach (var path in paths)
        {
            var status = path.EndsWith("/infer", StringComparison.Ordinal) ? (await Infer(Row(), path)).Status : (await Get(path)).Status;
            Assert.True(status == 200, $"{path}: {status}");
        }
    }

    [Fact]
    public async Task The_sample_request_of_the_protocol_is_refused_since_its_count_is_not_the_product_of_its_shape()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Folder("open-inference-protocol"), "inference_rest.md"), Cancellation);
        var sample = Regex.Match(text, @"Content-Length: <xx>\s+(\{.*?\n    \})", RegexOptions.Singleline).Groups[1].Value;
        Endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "foreign", "2", new ModelSignature(
                [new TensorSpec("input0", TensorType.UInt32, 2), new TensorSpec("input1", TensorType.Bool)], [new TensorSpec("output0", TensorType.Float32, 2)])),
            (_, rows, outputs) =>
            {
                for (var i = 0; i < 2 * rows; i++)
                    outputs[0].Add(1f);
            },
            () => { }));

        Assert.Equal("400 Input 'input1' has 3 rows and 'input0' has 2. All inputs of a request have the same "
            + "rows.", await Refused(sample));
    }

    private static string Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of what other programs wrote.");
        return Path.Combine(root, name);
    }
}
