namespace Millrace.Automation;

/// <summary>When a time on a zone's clock happens: once, twice, or, where the clock jumps over it, at the end of the jump.</summary>
/// <param name="First">The first such instant, in UTC.</param>
/// <param name="Second">The second, where the clock was put back over it; else null.</param>
/// <param name="Turn">When the clock is changed, where that is within a day; else null.</param>
/// <remarks>
/// Only the offset of an instant is asked of the zone. What it says of local times is wrong around changes of a zone whose standard time
/// was changed too, as Asia/Amman's.
/// </remarks>
internal readonly record struct WallTime(DateTime First, DateTime? Second, DateTime? Turn)
{
    private static readonly TimeSpan Near = TimeSpan.FromDays(1);

    public static WallTime Of(DateTime wall, TimeZoneInfo zone)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Utc);
        var from = wall - DateTime.MinValue < Near ? DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc) : wall - Near;
        var to = DateTime.MaxValue - wall < Near ? DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc) : wall + Near;
        var (old, later) = (zone.GetUtcOffset(from), zone.GetUtcOffset(to));
        if (old == later)
            return new WallTime(wall - old, null, null);
        var turn = Change(from, to, old, zone);
        var (isBefore, isAfter) = (wall - old < turn, wall - later >= turn);
        return (isBefore, isAfter) switch
        {
            (true, true) => new WallTime(wall - old, wall - later, turn),
            (true, false) => new WallTime(wall - old, null, turn),
            (false, true) => new WallTime(wall - later, null, turn),
            _ => new WallTime(turn, null, turn),
        };
    }

    /// <summary>The first instant after <paramref name="from"/> with another offset; there is one up to <paramref name="to"/>.</summary>
    private static DateTime Change(DateTime from, DateTime to, TimeSpan offset, TimeZoneInfo zone)
    {
        while (to.Ticks - from.Ticks > 1)
        {
            var middle = new DateTime(from.Ticks + ((to.Ticks - from.Ticks) / 2), DateTimeKind.Utc);
            if (zone.GetUtcOffset(middle) == offset)
                from = middle;
            else
                to = middle;
        }

        return to;
    }
}
