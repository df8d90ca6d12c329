using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace source show</c>.</summary>
internal sealed class SourceShowCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source, such as rides or sales.orders.");

    public SourceShowCommand() : base("source show", "Show how far a source is read, and what was read into which version.") => Takes(_name);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace source show rides", "every file, query or batch, newest first"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.ShowSource(call.Get(_name)!);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view));
        else
            Write(call, view);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, SourceView view)
    {
        call.Out.WriteLine($"{call.Paint.Of(Tone.Strong, view.Asset.Name)}  {view.Type}");
        if (view.Cursor is not null)
            call.Out.WriteLine($"read up to {view.Cursor}");
        call.Out.WriteLine();
        var table = new TextTable(new Heading("version", true), "read", "what", new Heading("size", true), "sha256", "more");
        foreach (var batch in view.Batches)
        {
            var details = string.Join(", ", batch.Details.Select(d => $"{d.Key} {d.Value}"));
            table.Add(Human.Number(batch.Version), Human.Moment(batch.At), batch.Name, Human.Bytes(batch.Bytes), batch.Hash[..Math.Min(12, batch.Hash.Length)], details);
        }

        table.Write(call.Out, call.Paint, call.Terminal.Width);
    }

    private static JsonObject ToJson(SourceView view) => new()
    {
        ["asset"] = view.Asset.ToString(),
        ["type"] = view.Type,
        ["cursor"] = view.Cursor,
        ["batches"] = JsonText.Array(view.Batches, b => new JsonObject
        {
            ["version"] = b.Version,
            ["task"] = b.Task,
            ["at"] = JsonText.Moment(b.At),
            ["name"] = b.Name,
            ["bytes"] = b.Bytes,
            ["sha256"] = b.Hash,
            ["details"] = new JsonObject(b.Details.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)JsonValue.Create(d.Value)))),
            ["isKept"] = b.IsKept,
        }),
    };
}
