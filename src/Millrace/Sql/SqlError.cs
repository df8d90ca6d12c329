namespace Millrace.Sql;

/// <summary>A text that is not one SELECT.</summary>
/// <param name="Message">What is wrong, in the engine's words where it is a matter of syntax.</param>
/// <param name="Line">1-based, in the text given.</param>
/// <param name="Column">1-based, in characters.</param>
public sealed record SqlError(string Message, int Line, int Column);
