namespace Millrace.Checks;

/// <summary>What a failed check does.</summary>
public enum CheckEffect
{
    /// <summary>It is told; the version is committed.</summary>
    Warn,

    /// <summary>Nothing is committed; what stands stays, here and in all that stands on it.</summary>
    Block,

    /// <summary>The rows that fail are kept aside with their reason; the others are committed.</summary>
    Quarantine,
}
