using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace table diff</c>.</summary>
internal sealed class TableDiffCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source or a table, such as hourly or sales.orders.");
    private readonly Argument<string?> _before = Word.Required("BEFORE", "A version, see 'millrace table history'.");
    private readonly Argument<string?> _after = Word.Optional("AFTER", "Another version. Default: the released one.");
    private readonly Option<string?> _key = Word.Text(
        "--key", "COLUMNS", "Columns by which rows are matched, such as id or day,shop. Default: those of the table's unique check, or "
            + "else whole rows.");
    private readonly Option<long?> _samples = Word.Number("--samples",
        "Rows to show that were removed, added, changed: so many of each. Default: 5.", 0);

    public TableDiffCommand() : base("table diff", "Compare two versions of a table: columns, rows, values.")
    {
        Takes(_name, _before, _after, _key, _samples);
        Words.Validators.Add(result =>
        {
            foreach (var argument in new[] { _before, _after })
            {
                if (result.GetValue(argument) is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                    result.AddError($"{argument.Name} is '{text}', but takes the number of a version.");
            }
        });
    }

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace table diff hourly 3", "what the released version has otherwise than version 3"),
        ("millrace table diff hourly 3 5 --key hour", "two versions, rows matched by the hour"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var after = call.Get(_after) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : (long?)null;
        var keys = call.Get(_key)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        var samples = (int)Math.Min(call.Get(_samples) ?? 5, 1000);
        var view = engine.Diff(call.Get(_name)!, long.Parse(call.Get(_before)!, CultureInfo.InvariantCulture), after, keys, samples);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view));
        else
            Write(call, view);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, DiffView view)
    {
        var (to, diff) = (call.Out, view.Diff);
        var title = $"{view.Before.Asset.Name}: version {Human.Number(view.Before.Number)} -> {Human.Number(view.After.Number)}";
        to.WriteLine(call.Paint.Of(Tone.Strong, title));
        if (diff.IsSame)
        {
            to.WriteLine($"Nothing differs: {Human.Count(diff.RowsAfter, "row")}, the same columns, the same values.");
            return;
        }

        FactList.Write(
            to, call.Paint, call.Terminal.Width,
            ("rows", $"{Human.Number(diff.RowsBefore)} -> {Human.Number(diff.RowsAfter)}"),
            ("matched by", diff.Keys.Count > 0 ? string.Join(", ", diff.Keys) : "whole rows"),
            ("removed", Human.Number(diff.Removed)),
            ("added", Human.Number(diff.Added)),
            ("changed", diff.Keys.Count > 0 ? Human.Number(diff.Changed) : null));
        if (diff.Columns.Count > 0)
        {
            to.WriteLine();
            var columns = new TextTable("column", "before", "after");
            foreach (var column in diff.Columns)
                columns.Add(column.Name, TypeOf(column.Before), TypeOf(column.After));
            columns.Write(to, call.Paint, call.Terminal.Width);
        }

        if (diff.ChangesByColumn.Count > 0)
        {
            to.WriteLine();
            var changes = new TextTable("column", new Heading("rows changed", true));
            foreach (var (name, count) in diff.ChangesByColumn)
                changes.Add(name, Human.Number(count));
            changes.Write(to, call.Paint, call.Terminal.Width);
        }

        if (diff.Samples.Count > 0)
            to.WriteLine();
        foreach (var row in diff.Samples)
        {
            if (row.Before is not null)
                to.WriteLine(call.Paint.Of(Tone.Bad, "- " + TextTable.Printable(row.Before)));
            if (row.After is not null)
                to.WriteLine(call.Paint.Of(Tone.Good, "+ " + TextTable.Printable(row.After)));
        }
    }

    private static string TypeOf(Assets.Column? column) => column is null ? "-" : $"{column.Type}{(column.IsNullable ? "" : " not null")}";

    private static JsonObject ToJson(DiffView view) => new()
    {
        ["asset"] = view.Before.Asset.ToString(),
        ["before"] = view.Before.Number,
        ["after"] = view.After.Number,
        ["rows_before"] = view.Diff.RowsBefore,
        ["rows_after"] = view.Diff.RowsAfter,
        ["keys"] = JsonText.Array(view.Diff.Keys, k => JsonValue.Create(k)),
        ["removed"] = view.Diff.Removed,
        ["added"] = view.Diff.Added,
        ["changed"] = view.Diff.Changed,
        ["columns"] = JsonText.Array(view.Diff.Columns, c => new JsonObject
        {
            ["name"] = c.Name, ["before"] = c.Before?.Type.ToString(), ["after"] = c.After?.Type.ToString(),
        }),
        ["changes_by_column"] = new JsonObject(view.Diff.ChangesByColumn.Select(c => KeyValuePair.Create<string,
            JsonNode?>(c.Key, c.Value))),
        ["samples"] = JsonText.Array(view.Diff.Samples, s =>
            new JsonObject { ["key"] = s.Key, ["before"] = s.Before, ["after"] = s.After }),
    };
}
