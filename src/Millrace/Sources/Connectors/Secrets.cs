using System.Text.RegularExpressions;

namespace Millrace.Sources.Connectors;

/// <summary>Secrets by reference: <c>${env:NAME}</c> is an environment variable, <c>${file:path}</c> the text of a file without its last line
/// end.</summary>
/// <remarks>A definition holds the reference only; the value is read when a place is asked and is kept nowhere.</remarks>
internal sealed partial class Secrets(string folder, Func<string, string?> variable)
{
    private readonly HashSet<string> _known = [];

    /// <summary>The text with its references replaced.</summary>
    /// <exception cref="SourceException">A variable is not set, or a file cannot be read; the message names it.</exception>
    public string Resolve(string text) => Reference().Replace(text, match =>
    {
        var (kind, name) = (match.Groups[1].Value, match.Groups[2].Value);
        var value = kind == "env" ? Variable(name) : Text(name);
        if (value.Length >= 4)
            _known.Add(value);
        return value;
    });

    /// <summary>The text with every resolved value shown as <c>***</c>: for messages of libraries, which repeat what they were given.</summary>
    public string Hide(string text) => _known.OrderByDescending(k => k.Length).Aggregate(text, (t, k) => t.Replace(k, "***", StringComparison.Ordinal));

    private string Variable(string name) => variable(name)
        ?? throw new SourceException($"The environment variable '{name}' is not set, which '${{env:{name}}}' refers to. Set it where millrace is started.");

    private string Text(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, path)).TrimEnd('\n', '\r');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"The file '{path}', which '${{file:{path}}}' refers to, cannot be read: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"\$\{(env|file):([^}]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
