namespace Millrace.Training;

/// <summary>The data cannot be learned from; the message says which column or row, and what would work. Nothing was trained.</summary>
public sealed class TrainingException(string message) : Exception(message);
