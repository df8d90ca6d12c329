using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Delivery;

namespace Millrace.Cli.Commands;

/// <summary>What became of sinks, a sentence each.</summary>
internal static class DeliveryText
{
    public static void Write(TextWriter to, Paint paint, IReadOnlyList<DeliveryResult> results)
    {
        foreach (var result in results)
            to.WriteLine(Line(paint, result));
    }

    public static JsonObject ToJson(DeliveryResult result) => new()
    {
        ["sink"] = result.Sink,
        ["table"] = result.Table,
        ["place"] = result.Place,
        ["state"] = result.State.ToString().ToLowerInvariant(),
        ["version"] = result.Version,
        ["rows"] = result.Rows,
        ["deleted"] = result.Deleted,
        ["message"] = result.Message,
    };

    private static string Line(Paint paint, DeliveryResult result)
    {
        var what = $"{result.Table}{(result.Version is { } version ? "@" + Human.Number(version) : "")} -> {result.Place}";
        var gone = result.Deleted > 0 ? $", {Human.Count(result.Deleted, "row")} taken out" : "";
        return result.State switch
        {
            DeliveryState.Delivered when result.Message is { } note => $"{paint.Of(Tone.Good, "delivered")}  {result.Sink}: {what} ({note})",
            DeliveryState.Delivered => $"{paint.Of(Tone.Good, "delivered")}  {result.Sink}: {what} ({Human.Count(result.Rows, "row")}{gone})",
            DeliveryState.Failed => $"{paint.Of(Tone.Bad, "failed")}     {result.Sink}: {what}\n           {result.Message}\n"
                + $"           The release stands. Once the place takes it: millrace deliver {result.Sink}",
            DeliveryState.Due => $"due        {result.Sink}: {what}{(result.Message is { } failure ? $" (the last try failed: {failure})" : "")}",
            DeliveryState.Waiting => $"waits      {result.Sink}: {result.Message}",
            _ => $"stands     {result.Sink}: {what}",
        };
    }
}
