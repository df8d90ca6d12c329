namespace Millrace.Lake;

/// <summary>Another writer's commit came first and cannot stand beside this one: both would not be what either would have written
/// alone.</summary>
/// <remarks>Nothing was changed. What was staged still lies aside: discard the request, and make it anew from the newest version, or let
/// <see cref="LakeTable.Write"/> do both.</remarks>
/// <param name="message">Which version, and what it did.</param>
/// <param name="kind">The kind of conflict.</param>
/// <param name="version">The version that came first.</param>
public sealed class CommitConflictException(string message, CommitConflict kind, long version) : Exception(message)
{
    public CommitConflict Kind { get; } = kind;

    public long Version { get; } = version;
}

/// <summary>Why two commits cannot both stand.</summary>
public enum CommitConflict
{
    /// <summary>The other one changed the columns, the properties or the partitioning.</summary>
    Metadata,

    /// <summary>The other one changed the protocol.</summary>
    Protocol,

    /// <summary>The other one added rows that this one would have read.</summary>
    AppendRead,

    /// <summary>The other one took rows out that this one read.</summary>
    DeleteRead,

    /// <summary>Both take the same file out.</summary>
    DeleteDelete,
}
