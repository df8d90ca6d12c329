namespace Millrace.Assets;

/// <summary>One thing wrong in a project folder, placed where its author can mend it.</summary>
/// <param name="Code">A stable word of lower-case letters and dashes, such as <c>unknown-key</c>.</param>
/// <param name="Message">What is wrong, with which value, and what would work.</param>
/// <param name="File">Path relative to the project folder, with forward slashes.</param>
/// <param name="Line">1-based; 1 when the whole file is meant.</param>
public sealed record Problem(string Code, string Message, string File, int Line)
{
    /// <summary><c>file:line: message [code]</c>, the form that editors turn into links.</summary>
    public override string ToString() => $"{File}:{Line}: {Message} [{Code}]";
}

/// <summary>Thrown when work needs a sound project and the project has problems; carries all of them.</summary>
public sealed class ProblemException(IReadOnlyList<Problem> problems)
    : Exception(string.Join(Environment.NewLine, problems.Select(p => p.ToString())))
{
    /// <summary>Every problem found, ordered by file and line.</summary>
    public IReadOnlyList<Problem> Problems { get; } = [.. problems.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)];
}
