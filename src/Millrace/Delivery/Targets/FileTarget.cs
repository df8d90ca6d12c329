using System.Globalization;
using Millrace.Assets.Definitions;

namespace Millrace.Delivery.Targets;

/// <summary>A file of the rows, replaced in one step.</summary>
internal sealed record FileTarget(string Path, string Format) : Target
{
    public static readonly Shape Shape = new(
        "file section",
        "A file of all rows, replaced in one step.",
        new Key("path", KeyKind.Text, "The file, relative to the project's folder or absolute; {version} and {date} stand for the "
            + "released version and the day (UTC) of the delivery.") { IsRequired = true, Example = "out/hourly.csv" },
        new Key("format", KeyKind.Word, "How rows are written; without it the path's ending says.") { Words = [.. FileFormats.Words] });

    public override string Identity => $"{Path}\n{Format}";

    public override string Title => Path;

    public override bool TakesChanges => false;

    public static Target? Read(Section section)
    {
        if (section.Text("path") is not { } path)
            return null;
        if (path.Length == 0 || path.EndsWith('/') || path.Any(char.IsControl))
        {
            section.Report("bad-path", $"'path' is '{path}', which names no file. Write for example out/hourly.csv.", "path");
            return null;
        }

        if ((section.Text("format") ?? FileFormats.Of(path)) is { } format)
            return new FileTarget(path, format);
        section.Report(
            "missing-key", $"The ending of '{path}' names no format. Add format: with one of: {string.Join(", ", FileFormats.Words)}.", "path");
        return null;
    }

    public override DeliveredRows Deliver(DeliveryOrder order, CancellationToken cancellationToken)
    {
        var name = Named(Path, order);
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(order.ProjectFolder, name));
        ExportFile.Clean(path);
        return new DeliveredRows(ExportFile.Write(order.Connection, order.Rows, path, Format), 0, false, name);
    }

    /// <summary>The path with the version and the day in it.</summary>
    public static string Named(string path, DeliveryOrder order) => path
        .Replace("{version}", order.Version.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{date}", order.Now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
