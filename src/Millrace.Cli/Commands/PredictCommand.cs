using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace predict</c>.</summary>
internal sealed class PredictCommand : CliCommand
{
    private readonly Argument<string?> _version = ModelWords.Version();
    private readonly Argument<string?> _file = Word.Required("FILE", "Rows as CSV or JSON; - reads them from the standard input.");
    private readonly Option<string?> _inputFormat = Word.Choice(
        "--input-format", "What the file holds. Default: by its name, or its first character.", "csv", "json");
    private readonly Option<string?> _format = Word.Choice(
        "--format", "How rows are written. Default: by the name of --output, else table on a terminal and csv into a pipe.", "table", "csv", "json");
    private readonly Option<string?> _output = Word.Text("--output", "FILE", "Write the rows into a file.");
    private readonly Option<long?> _rows = Word.Number("--rows", "Rows that a table shows; 0 for all. Default: 40.", 0);

    public PredictCommand() : base("predict", "Ask a model about the rows of a file.") =>
        Takes(_version, _file, _inputFormat, _format, _output, _rows);

    public override string Details =>
        "The rows have the model's features as columns, by name and in any order; other columns are handed on. The answer is the last column. Nothing "
        + "is logged: that is what an endpoint does.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace predict demand tomorrow.csv", "with the champion"),
        ("millrace predict demand@2 tomorrow.json --output answers.csv", "with another version, into a file"),
        ("millrace predict demand - --input-format csv < tomorrow.csv", "from the standard input"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        using var engine = call.Open();
        using var rows = new RowsFile(call.Get(_file)!, call.Get(_inputFormat), call.Terminal);
        var view = engine.PredictFile(call.Get(_version)!, rows.Path, rows.Format, interruption.Token);
        var output = call.Get(_output);
        if (output is null)
        {
            var shown = call.IsJson ? "json" : call.Get(_format) ?? (call.Terminal.IsOutTerminal ? "table" : "csv");
            Write(call.Out, call.Paint, call.Terminal.Width, view, shown, (int)Math.Min(call.Get(_rows) ?? 40, int.MaxValue));
            return ExitCode.Done;
        }

        using (var file = new StreamWriter(Path.GetFullPath(output, call.Terminal.WorkingFolder)) { NewLine = "\n" })
            Write(file, Paint.None, null, view, call.Get(_format) ?? RowsFile.FormatOf(output) ?? "csv", most: 0);
        if (call.IsJson)
        {
            JsonText.Write(call.Out, new JsonObject
            {
                ["model"] = view.Model.Key.Name, ["version"] = view.Model.Version, ["rows"] = view.Rows.Count, ["output"] = output,
            });
        }
        else
            call.Out.WriteLine($"{Human.Count(view.Rows.Count, "row")} with the answers of {ModelWords.NameOf(view.Model)} written to {output}.");
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, PredictionView view, string format, int most)
    {
        // The model computes with 32 bits; more digits would be made up.
        var rows = view.Rows.Select((r, i) => (object?[])[.. r, (float)view.Answers[i]]).ToList();
        List<string> names = [.. view.Columns, view.Output];
        switch (format)
        {
            case "json":
                ResultText.WriteJson(names, rows, to);
                break;
            case "csv":
                ResultText.WriteCsv(names, rows, to);
                break;
            default:
                var columns = names.Select((n, i) => new ResultColumn(n, rows.All(r => IsNumber(r[i]))));
                ResultText.WriteTable([.. columns], rows, to, paint, width, most);
                to.WriteLine(paint.Of(Tone.Quiet, $"{view.Output} is the answer of {ModelWords.NameOf(view.Model)}."));
                break;
        }
    }

    private static bool IsNumber(object? value) => value is null or float or double or decimal or short or int or long;
}
