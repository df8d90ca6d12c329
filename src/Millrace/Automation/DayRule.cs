namespace Millrace.Automation;

/// <summary>What a schedule wants of a day when its days of month and its days of week are both restricted.</summary>
public enum DayRule
{
    /// <summary>Both must match, so that <c>0 0 13 * FRI</c> is Friday the 13th. The default here.</summary>
    Both,

    /// <summary>One of the two is enough, as in classic cron: <c>0 0 13 * FRI</c> is each Friday and each 13th.</summary>
    Either,
}
