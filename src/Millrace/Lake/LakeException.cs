namespace Millrace.Lake;

/// <summary>A table that cannot be read or written as asked: its log is torn or incomplete, it uses a feature that we lack, or an entry
/// is not the one named.</summary>
/// <remarks>The message names the table's folder, the version or file, and what would help. Nothing was changed.</remarks>
public sealed class LakeException(string message, Exception? inner = null) : Exception(message, inner);
