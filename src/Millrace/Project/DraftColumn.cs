namespace Millrace.Project;

/// <summary>One column of a drafted contract.</summary>
/// <param name="Name">As in the header.</param>
/// <param name="Kind">How its texts read.</param>
/// <param name="IsRequired">True when every row has a value.</param>
/// <param name="Odd">Values that the kind does not read; their rows go to quarantine.</param>
/// <param name="Remark">What a person should know about the choice, or null.</param>
internal sealed record DraftColumn(string Name, DraftKind Kind, bool IsRequired, long Odd = 0, string? Remark = null);
