using Millrace.Assets;

namespace Millrace.Delivery;

/// <summary>Where a released table is delivered to: one file in <c>sinks/</c>.</summary>
/// <param name="Name">Of the file: <c>sinks/sales/orders.yaml</c> is <c>sales.orders</c>.</param>
/// <param name="File">Relative to the project, with forward slashes.</param>
internal sealed record SinkDefinition(string Name, string File)
{
    /// <summary>The source or table whose released rows are delivered.</summary>
    public required string Table { get; init; }

    /// <summary>The word of the target, such as <c>postgres</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The environment whose release is delivered; null for the project's first.</summary>
    public string? Environment { get; init; }

    /// <summary>The columns that identify a row at the place; empty where rows have no identity.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>What is sent each time.</summary>
    public DeliveryMode Mode { get; init; }

    /// <summary>How often a delivery is tried in one go when the place does not answer, 1 to 20.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>What it is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it.</summary>
    public string? Owner { get; init; }

    /// <summary>The place.</summary>
    public required Target Target { get; init; }

    /// <summary>A hash of what decides which rows lie where: when it changes, everything is delivered anew.</summary>
    public string IdentityHash => Fingerprint.Of([Table, Type, Target.Identity, Mode.ToString(), .. Key]).Text;
}

/// <summary>What is sent each time.</summary>
internal enum DeliveryMode
{
    /// <summary>All rows of the released version.</summary>
    Whole,

    /// <summary>The rows that came, changed or went since the version delivered last; all of them at first.</summary>
    Changes,
}
