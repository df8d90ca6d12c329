namespace Millrace.Project;

/// <summary>What drafting wrote, and what its reader should know.</summary>
/// <param name="Files">The files, relative to the project folder, with forward slashes.</param>
/// <param name="Notes">
/// One sentence each, headed by the source's name: first how many rows there are, then what was odd and what became of it.
/// A source with rows that do not fit its contract has a note with the words "will be quarantined".
/// </param>
public sealed record DraftReport(IReadOnlyList<string> Files, IReadOnlyList<string> Notes);
