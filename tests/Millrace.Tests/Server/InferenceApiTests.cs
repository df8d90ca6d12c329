using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Millrace.Serving;

namespace Millrace.Tests.Server;

public sealed class InferenceApiTests : ServerTestBase
{
    private const string Temp = """{"name":"temp","shape":[2,1],"datatype":"FP32","data":[1,2]}""";
    private const string Hour = """{"name":"hour","shape":[2,1],"datatype":"INT64","data":[1,2]}""";
    private const string City = """{"name":"city","shape":[2,1],"datatype":"BYTES","data":["a","b"]}""";

    [Theory]
    [InlineData("v2", """{"name":"millrace","version":"0.1.0","extensions":[]}""")]
    [InlineData("v2/", """{"name":"millrace","version":"0.1.0","extensions":[]}""")]
    [InlineData("v2/health/live", """{"live":true}""")]
    [InlineData("v2/health/ready", """{"ready":true,"live":true}""")]
    [InlineData("v2/models/demand/ready", """{"name":"demand","ready":true}""")]
    [InlineData("v2/models/demand/versions/1/ready", """{"name":"demand","ready":true}""")]
    [InlineData("v2/models/demand", Metadata)]
    [InlineData("v2/models/demand/", Metadata)]
    [InlineData("v2/model/demand/versions/1", Metadata)]
    public async Task What_can_be_asked_is_answered(string path, string body) => Assert.Equal((200, body), await Get(path));

    private const string Metadata =
        """{"name":"demand","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"temp","datatype":"FP32","shape":[-1,1]},{"name":"hour","datatype":"INT64","shape":[-1,1]},{"name":"city","datatype":"BYTES","shape":[-1,1]}],"outputs":[{"name":"prediction","datatype":"FP32","shape":[-1,1]}]}""";

    [Fact]
    public async Task One_row_is_answered_with_the_version_and_the_id()
    {
        Assert.Equal(
            (200, """{"model_name":"demand","model_version":"1","id":"r1","outputs":[{"name":"prediction","datatype":"FP32","shape":[1,1],"data":[28]}]}"""),
            await Infer(Row("r1")));
        Assert.Equal(
            (200, """{"model_name":"demand","model_version":"1","id":"r1","parameters":{"logged_rows":1},"outputs":[{"name":"prediction","datatype":"FP32","shape":[1,1],"data":[28]}]}"""),
            await Infer(Row("r1"), "v2/models/demand/versions/1/infer"));
        Assert.Equal(
            (200, """{"model_name":"demand","model_version":"1","parameters":{"prediction_id":"auto/2"},"outputs":[{"name":"prediction","datatype":"FP32","shape":[1,1],"data":[null]}]}"""),
            await Infer(Row(temp: "null", city: "null")));
        Assert.Equal(["(r1, 10.0, Bern)", "(auto/2, NULL, NULL)"], Query("SELECT prediction_id, temp, city FROM predictions ORDER BY "
            + "sequence"));
    }

    [Fact]
    public async Task Rows_without_ids_learn_their_names()
    {
        var (_, body) = await Infer("{\"inputs\":[" + Temp + "," + Hour + "," + City + "]}");

        Assert.Equal(
            """[{"name":"prediction","datatype":"FP32","shape":[2,1],"data":[3,6]},{"name":"prediction_id","datatype":"BYTES","shape":[2,1],"data":["auto/1","auto/2"]}]""",
            JsonNode.Parse(body)!["outputs"]!.ToJsonString());
    }

    [Fact]
    public async Task Ids_and_event_times_come_as_tensors_and_outputs_in_the_order_asked_for()
    {
        var (_, body) = await Infer($$"""
            {"outputs":[{"name":"prediction_id"},{"name":"prediction","parameters":{"binary_data":false} } ],"parameters":{"x":1},
             "inputs":[{"data":[[1],[2]],"datatype":"FP32","name":"temp","shape":[2,1]},{{Hour}},{{City}},
               {"name":"prediction_id","shape":[2],"datatype":"BYTES","data":["p\u0031","p2"]},
               {"name":"event_time","shape":[2,1],"datatype":"BYTES","data":["2012-01-01T05:00:00+01:00","2012-01-02"]}]}
            """);

        Assert.Equal(
            """[{"name":"prediction_id","datatype":"BYTES","shape":[2,1],"data":["p1","p2"]},{"name":"prediction","datatype":"FP32","shape":[2,1],"data":[3,6]}]""",
            JsonNode.Parse(body)!["outputs"]!.ToJsonString());
        Assert.Equal(
            ["(p1, 2012-01-01 04:00:00+00)", "(p2, 2012-01-02 00:00:00+00)"], Query("SELECT prediction_id, event_time FROM predictions "
                + "ORDER BY sequence"));
    }

    [Theory]
    [InlineData("FP32", "1.5", "1.5")]
    [InlineData("INT16", "-7", "-7.0")]
    [InlineData("UINT8", "255", "255.0")]
    [InlineData("INT16", "1.0", "1.0")]
    public async Task A_narrower_datatype_is_taken_without_loss(string datatype, string given, string logged)
    {
        Assert.Equal(200, (await Infer(Row("x", given).Replace("FP32", datatype, StringComparison.Ordinal))).Status);
        Assert.Equal([$"({logged})"], Query("SELECT temp FROM predictions"));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "400 The body is not the JSON of an inference request" },
        { "[1]", "400 The body is not the JSON of an inference request: The request must be an object and is an array." },
        { "{\"inputs\":[", "400 The body is not the JSON of an inference request" },
        { "{\"inputs\":{}}", "400 The body is not the JSON of an inference request: 'inputs' must be an array and is an object." },
        { Row() + "1", "400 The body is not the JSON of an inference request" },
        { "{}", "400 The request has no 'inputs'." },
        { "{\"inputs\":[]}", "400 Input 'temp' is missing: expected FP32 of shape [rows,1] or [rows]. Every input of the model is "
            + "required." },
        { Row().Replace("\"hour\"", "\"wind\"", StringComparison.Ordinal), "400 Input 'wind' is unknown. The model takes: temp, hour, "
            + "city." },
        { Row().Replace("\"hour\"", "\"temp\"", StringComparison.Ordinal), "400 Input 'temp' comes twice." },
        { Row().Replace("FP32", "FP64", StringComparison.Ordinal), "400 Input 'temp': expected FP32, given FP64." },
        { Row().Replace("FP32", "FP16", StringComparison.Ordinal), "400 Input 'temp': expected FP32, given FP16, which JSON does not "
            + "carry." },
        { Row().Replace("FP32", "float", StringComparison.Ordinal), "400 Input 'temp': expected FP32, given 'float', which is no "
            + "datatype of the protocol." },
        { Row().Replace("[1,1],\"datatype\":\"FP32\"", "[1,2],\"datatype\":\"FP32\"", StringComparison.Ordinal), "400 Input 'temp': "
            + "expected shape [rows,1] or [rows], given [1,2]." },
        { Row().Replace("[1,1],\"datatype\":\"FP32\"", "[0,1],\"datatype\":\"FP32\"", StringComparison.Ordinal), "400 Input 'temp' has "
            + "0 rows. A request has at least 1." },
        { Row().Replace("[1,1],\"datatype\":\"FP32\"", "[1.5],\"datatype\":\"FP32\"", StringComparison.Ordinal), "400 Input 'temp': "
            + "its shape has a dimension that is no whole number from 0." },
        { Row().Replace("\"shape\":[1],", "\"shape\":[2],", StringComparison.Ordinal), "400 Input 'hour' has 2 rows and 'temp' has 1. "
            + "All inputs of a request have the same rows." },
        { Row().Replace("\"shape\":[1],", "\"shape\":[2000000],", StringComparison.Ordinal), "413 Input 'hour' has 2000000 rows, and "
            + "one request may have 1000000." },
        { Row(temp: "1,2"), "400 Input 'temp' has more than 1 element, which its shape says." },
        { Row(temp: ""), "400 Input 'temp' has 0 elements, and its shape says 1. The count must be the product of the shape." },
        { Row(temp: "[[1]]"), "400 Input 'temp': 'data' is nested otherwise than its shape [1,1] says." },
        { Row(temp: "\"1\""), "400 Input 'temp', element 0: expected FP32, given the text \"1\"." },
        { Row(temp: "true"), "400 Input 'temp', element 0: expected FP32, given true." },
        { Row(temp: "{}"), "400 Input 'temp', element 0: expected FP32, given an object." },
        { Row(temp: "1e999"), "400 Input 'temp', element 0: Infinity is out of the range of FP32." },
        { Row(temp: "NaN"), "400 The body is not the JSON of an inference request" },
        { Row(hour: "1.5"), "400 Input 'hour', element 0: expected INT64, given 1.5." },
        { Row(hour: "9223372036854775808"), "400 Input 'hour', element 0: 9223372036854775808 is out of the range of INT64." },
        { Row(hour: "null"), "400 Input 'hour', element 0: null. INT64 has no missing value;" },
        { Row(city: "1"), "400 Input 'city', element 0: expected BYTES, given 1." },
        { Row(city: "\"a\\u0000b\""), "400 Input 'city', element 0: expected BYTES, given a text with a NUL character." },
        { Row(city: "\"\\ud800\""), "400 Input 'city', element 0: expected BYTES, given a text that is not Unicode." },
        { Row(more: ",\"outputs\":[{\"name\":\"label\"}]"), "400 Output 'label' is unknown. The model has: prediction, and "
            + "prediction_id." },
        { Row().Replace("\"datatype\":\"FP32\",", "", StringComparison.Ordinal), "400 Input 'temp' has no 'datatype'." },
        { Row("auto/1"), "400 The request's id, 'auto/1', begins with 'auto/'" },
        { Row().Replace("}]}", "},{\"name\":\"event_time\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"1/2/2012\"]}]}", StringComparison.Ordinal), "400 Input 'event_time', element 0: '1/2/2012' is no time." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_refused_by_name_and_not_logged(string body, string error)
    {
        Assert.StartsWith(error, await Refused(body), StringComparison.Ordinal);
        Assert.Equal(0, Endpoint.Log.Rows);
    }

    [Fact]
    public async Task What_is_not_there_or_not_ready_says_so()
    {
        Assert.Equal("404 There is no endpoint 'other'. Served are: demand.", await Refused(Row(), "v2/models/other/infer"));
        Assert.Equal("404 The endpoint 'demand' has no version '9' in force. It serves version "
            + "'1'.", await Refused(Row(), "v2/models/demand/versions/9/infer"));
        Assert.Equal(404, (await Get("v2/models/demand/versions/9")).Status);
        Assert.Equal(404, (await Get("v1/models/demand")).Status);
        Assert.Equal(405, (await Get("v2/models/demand/infer")).Status);
        Assert.StartsWith("405", await Refused("{}", "v2/health/live"), StringComparison.Ordinal);
        Endpoint.Withdraw();
        Assert.Equal((503, """{"ready":false,"live":false,"error":"These endpoints have no model version in force yet: demand."}"""), await Get("v2/health/ready"));
        Assert.Equal(503, (await Get("v2/models/demand/ready")).Status);
        Assert.Equal(503, (await Get("v2/models/demand")).Status);
        Assert.StartsWith("503", await Refused(Row()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData(null, 200)]
    [InlineData("text/plain", 415)]
    [InlineData("application/octet-stream", 415)]
    public async Task Only_JSON_is_read(string? type, int status) => Assert.Equal(status, (await Infer(Row(), type: type)).Status);

    [Theory]
    [InlineData("Host", "evil.example", 403)]
    [InlineData("Host", "127.0.0.1", 403)]
    [InlineData("Host", "localhost:PORT", 200)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://127.0.0.1:PORT", 200)]
    public async Task Web_pages_of_others_are_kept_out(string header, string value, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("v2", UriKind.Relative));
        value = value.Replace("PORT", Server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        if (header == "Host")
            request.Headers.Host = value;
        else
            request.Headers.Add(header, value);
        using var answer = await Http.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task It_listens_on_the_loopback_address_only()
    {
        Assert.Equal("127.0.0.1", Server.Address.Host);
        var others = Dns.GetHostAddresses(Dns.GetHostName()).Where(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a)).ToList();
        foreach (var other in others)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(other, Server.Address.Port, Cancellation));
        }
    }

    [Fact]
    public async Task A_large_request_that_comes_in_pieces_is_answered_whole()
    {
        const int Rows = 20_000;
        var numbers = string.Join(",", Enumerable.Range(0, Rows));
        var texts = string.Join(",", Enumerable.Range(0, Rows).Select(i => $"\"{i}\""));
        var (status, body) = await Infer(
            $$"""{"id":"big","inputs":[{"name":"temp","shape":[{{Rows}}],"datatype":"FP32","data":[{{numbers}}]},{"name":"hour","shape":[{{Rows}}],"datatype":"INT64","data":[{{numbers}}]},{"name":"city","shape":[{{Rows}}],"datatype":"BYTES","data":[{{texts}}]}]}""");

        Assert.Equal(200, status);
        Assert.Equal(3f * 19_999, (float)JsonNode.Parse(body)!["outputs"]![0]!["data"]![19_999]!);
        Assert.Equal(["(20000, 20000, big/19999)"], Query("SELECT count(*), count(DISTINCT city), max_by(prediction_id, sequence) FROM "
            + "predictions"));
    }

    [Fact]
    public async Task A_million_rows_are_answered_and_logged_and_one_more_is_refused()
    {
        const int Rows = 1_000_000;
        static string Inputs(string shape, string number, string text) =>
            $$"""{"id":"m","inputs":[{"name":"temp","shape":[{{shape}}],"datatype":"FP32","data":[{{number}}]},{"name":"hour","shape":[{{shape}}],"datatype":"INT64","data":[{{number}}]},{"name":"city","shape":[{{shape}}],"datatype":"BYTES","data":[{{text}}]}]}""";
        Assert.StartsWith("413 Input 'temp' has 1000001 rows", await Refused(Inputs("1000001", "1", "\"x\"")), StringComparison.Ordinal);

        var (status, body) = await Infer(Inputs("1000000", string.Join(',', Enumerable.Repeat('1', Rows)), string.Join(',', Enumerable.Repeat("\"x\"", Rows))));

        Assert.Equal(200, status);
        Assert.EndsWith(",3,3,3]}]}", body, StringComparison.Ordinal);
        Assert.Equal(["(1000000, 3000000.0)"], Query("SELECT count(*), sum(prediction) FROM predictions"));
        Assert.Equal(new Millrace.Serving.Predictions.FoldResult(1, Rows, false), Fold());
    }

    [Fact]
    public async Task A_stop_answers_what_is_in_flight()
    {
        using var inside = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        Endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "demand", "2", Signature),
            (inputs, _, outputs) =>
            {
                if (inputs[0].Values<float>()[0] != 0)
                {
                    inside.Release();
                    go.Wait(Cancellation);
                }

                outputs[0].Add(1f);
            },
            () => { }));
        var answer = Infer(Row("x"));
        await inside.WaitAsync(Cancellation);
        var stop = Server.StopAsync(Cancellation);
        go.Release();

        Assert.Equal(200, (await answer).Status);
        await stop;
        Assert.Equal(["(x)"], Query("SELECT prediction_id FROM predictions"));
    }
}

public sealed class BodyLimitTests : ServerTestBase
{
    protected override Millrace.Server.ServerOptions ServerOptions => base.ServerOptions with { MaxBodyBytes = 1000 };

    [Fact]
    public async Task A_body_above_the_limit_is_refused()
    {
        Assert.Equal("413 The body is longer than 1000 bytes. Send the rows in several "
            + "requests.", await Refused(Row(more: new string(' ', 1000))));
        Assert.Equal(200, (await Infer(Row())).Status);
    }
}
