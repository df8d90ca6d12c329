namespace Millrace.Sources;

/// <summary>What a source found outside does not fit what the project declares; the message says where and what would work.</summary>
public sealed class SourceException(string message, Exception? inner = null) : Exception(message, inner);
