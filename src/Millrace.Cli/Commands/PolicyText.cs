using System.Text.Json.Nodes;
using Millrace.Automation;
using Millrace.Cli.Output;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary>What retraining policies decide and why, for people and for programs.</summary>
internal static class PolicyText
{
    /// <summary>A verdict as a sentence without its full stop.</summary>
    public static string Of(RetrainVerdict verdict) => verdict switch
    {
        RetrainVerdict.Ask ask => $"a new version is wanted: {ask.Reason}",
        RetrainVerdict.Wait wait => wait.Why,
        _ => "nothing calls for a new version",
    };

    /// <summary>An alert on one line, such as <c>mae is 92.1 in 2012-03, 31.3 on the holdout (version 1)</c>.</summary>
    public static string Of(Alert alert) => $"{RetrainPolicy.ReasonOf(alert)} (version {Human.Number(alert.ModelVersion)})";

    /// <summary>What became of a request.</summary>
    public static Cell StateOf(RequestRecord request) => request.State switch
    {
        RequestState.Open => new Cell("waits for a run", Tone.Warning),
        RequestState.Done => new Cell("done", Tone.Good),
        RequestState.Refused => new Cell("refused", Tone.Bad),
        _ => new Cell("withdrawn", Tone.Quiet),
    };

    public static JsonNode? ToJson(RetrainVerdict? verdict) => verdict switch
    {
        null => null,
        RetrainVerdict.Ask ask => new JsonObject { ["verdict"] = "ask", ["cause"] = ask.Cause, ["reason"] = ask.Reason },
        RetrainVerdict.Wait wait => new JsonObject { ["verdict"] = "wait", ["reason"] = wait.Why },
        _ => new JsonObject { ["verdict"] = "idle" },
    };

    public static JsonObject ToJson(RaisedAlert raised) => new()
    {
        ["id"] = raised.Id,
        ["endpoint"] = raised.Alert.Endpoint.Name,
        ["kind"] = raised.Alert.Kind,
        ["subject"] = raised.Alert.Subject,
        ["start"] = JsonText.Moment(raised.Alert.Window.Start),
        ["end"] = JsonText.Moment(raised.Alert.Window.End),
        ["version"] = raised.Alert.ModelVersion,
        ["value"] = raised.Alert.Value,
        ["threshold"] = raised.Alert.Threshold,
        ["raised"] = JsonText.Moment(raised.Raised),
    };

    public static JsonObject ToJson(RequestRecord request) => new()
    {
        ["id"] = request.Id,
        ["asset"] = request.Asset.ToString(),
        ["cause"] = request.Cause,
        ["reason"] = request.Reason,
        ["state"] = request.State.ToString().ToLowerInvariant(),
        ["asked"] = JsonText.Moment(request.Asked),
        ["due"] = JsonText.Moment(request.Due),
        ["ended"] = JsonText.Moment(request.Ended),
        ["run"] = request.Run,
        ["message"] = request.Message,
    };
}
