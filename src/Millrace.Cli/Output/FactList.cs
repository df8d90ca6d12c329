namespace Millrace.Cli.Output;

/// <summary>Names with their values below each other; what has no value is left out.</summary>
internal static class FactList
{
    /// <summary>Writes them. On a narrow terminal a long value goes on below itself.</summary>
    public static void Write(TextWriter to, Paint paint, int? width, params IReadOnlyList<(string Name, string? Value)> facts)
    {
        var known = facts.Where(f => !string.IsNullOrEmpty(f.Value)).ToList();
        if (known.Count == 0)
            return;
        var column = known.Max(f => f.Name.Length) + 2;
        foreach (var (name, value) in known)
        {
            var lines = TextTable.Wrap(TextTable.Printable(value!), width is { } w ? Math.Max(w - column, 30) : int.MaxValue);
            to.WriteLine(paint.Of(Tone.Quiet, name) + new string(' ', column - name.Length) + lines[0]);
            foreach (var line in lines.Skip(1))
                to.WriteLine(new string(' ', column) + line);
        }
    }
}
