namespace Millrace.Sql;

/// <summary>Something that an asset's SQL may not do, with the way out.</summary>
/// <param name="Code">A stable word of lower-case letters and dashes, such as <c>sql-volatile</c>.</param>
/// <param name="Message">What is written, why it is refused, and what would work.</param>
/// <param name="Line">1-based, in the text given.</param>
public sealed record QueryFinding(string Code, string Message, int Line);
