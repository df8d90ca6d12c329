using System.Globalization;
using Millrace.Assets;

namespace Millrace.Cli.Output;

/// <summary>The mistakes of a project, each with its line, grouped by file.</summary>
internal static class ProblemText
{
    private const int WidestQuote = 120;
    private const int LongestFile = 1 << 20;

    /// <summary>Writes every problem and how many there are.</summary>
    /// <param name="problems">At least one, ordered by file and line.</param>
    /// <param name="folder">The project folder, in which the files are read for their quoted lines; null when there is none.</param>
    /// <param name="shown">What stands before each file's name so that the reader can open it: empty, or a path with a slash.</param>
    public static void Write(TextWriter to, Paint paint, IReadOnlyList<Problem> problems, string? folder, string shown)
    {
        foreach (var file in problems.GroupBy(p => p.File, StringComparer.Ordinal))
        {
            var lines = Lines(folder, file.Key);
            foreach (var problem in file)
            {
                var message = problem.Message.TrimEnd().ReplaceLineEndings("\n").Split('\n');
                // A file that is not there, as where there is no project, is no place to send anyone to.
                var place = lines is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{shown}{problem.File}:{problem.Line}: ");
                to.WriteLine($"{paint.Of(Tone.Strong, place)}{message[0]} {paint.Of(Tone.Quiet, $"[{problem.Code}]")}");
                foreach (var more in message.Skip(1))
                    to.WriteLine($"    {more}");
                if (Quote(problem, lines ?? []) is { } quote)
                    to.WriteLine(paint.Of(Tone.Quiet, quote));
            }

            to.WriteLine();
        }

        var files = problems.Select(p => p.File).Distinct(StringComparer.Ordinal).Count();
        to.WriteLine(paint.Of(
            Tone.Bad,
            $"{Human.Count(problems.Count, "problem")}{(files > 1 ? $" in {Human.Count(files, "file")}" : "")}. Nothing was done."));
    }

    /// <summary>The line as it stands in the file. Line 1 stands for the whole file, so quoting it would show the wrong thing.</summary>
    private static string? Quote(Problem problem, string[] lines)
    {
        if (problem.Line < 2 || problem.Line > lines.Length || string.IsNullOrWhiteSpace(lines[problem.Line - 1]))
            return null;
        var text = TextTable.Printable(lines[problem.Line - 1].TrimEnd().Replace("\t", "    ", StringComparison.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $"{problem.Line,6} | {TextTable.Cut(text, WidestQuote)}");
    }

    /// <summary>The lines of a file, none when it cannot be read, null when there is no such file.</summary>
    private static string[]? Lines(string? folder, string file)
    {
        try
        {
            if (folder is null)
                return [];
            var info = new FileInfo(Path.Combine(folder, file));
            return !info.Exists ? null : info.Length < LongestFile ? File.ReadAllLines(info.FullName) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
