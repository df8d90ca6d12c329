namespace Millrace.Scoring;

/// <summary>Rows do not fit the model's signature. The message names the column, what was expected and what was given.</summary>
public sealed class ScoringException(string message) : Exception(message);
