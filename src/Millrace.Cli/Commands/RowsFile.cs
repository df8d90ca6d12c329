using Millrace.Cli.Output;

namespace Millrace.Cli.Commands;

/// <summary>The file of rows that a command was given; of the standard input a copy, which goes when it is disposed.</summary>
internal sealed class RowsFile : IDisposable
{
    private readonly bool _isCopy;

    /// <param name="name">A path, or <c>-</c>.</param>
    /// <param name="format">What the words say that it holds; null to go by its name, or by its first character.</param>
    public RowsFile(string name, string? format, Terminal terminal)
    {
        if (name != "-")
        {
            (Path, Format) = (System.IO.Path.GetFullPath(name, terminal.WorkingFolder), format ?? FormatOf(name) ?? "csv");
            return;
        }

        var text = terminal.OpenIn().ReadToEnd();
        Format = format ?? (text.TrimStart() is ['[' or '{', ..] ? "json" : "csv");
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"millrace-rows-{Guid.NewGuid():N}.{Format}");
        _isCopy = true;
        File.WriteAllText(Path, text);
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary><c>csv</c> or <c>json</c>.</summary>
    public string Format { get; }

    /// <summary>What a file of that name holds, or null when the name does not tell.</summary>
    public static string? FormatOf(string name) => System.IO.Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".json" or ".jsonl" or ".ndjson" => "json",
        ".csv" or ".tsv" or ".txt" => "csv",
        _ => null,
    };

    public void Dispose()
    {
        if (_isCopy)
            File.Delete(Path);
    }
}
