namespace Millrace.Ledger;

/// <summary>A committed version of a journal: a Delta table that only grows and has no pointer, such as
/// <c>predictions/demand</c>.</summary>
/// <param name="Name">The journal's name.</param>
/// <param name="Number">The Delta version.</param>
/// <param name="EntryHash">SHA-256 of the Delta log entry, lower-case hex.</param>
/// <param name="Committed">When the entry was put, UTC.</param>
/// <param name="Rows">Rows that this version added.</param>
public sealed record JournalVersion(string Name, long Number, string EntryHash, DateTimeOffset Committed, long Rows);
