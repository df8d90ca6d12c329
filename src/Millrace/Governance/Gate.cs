using System.Globalization;

namespace Millrace.Governance;

/// <summary>Whom a gate compares a candidate with.</summary>
public enum GateRival
{
    /// <summary>Nobody: the gate has fixed bounds.</summary>
    None,

    /// <summary>The naive forecast.</summary>
    Baseline,

    /// <summary>The version that the environment points at now; without one the gate passes.</summary>
    Champion,
}

/// <summary>A rule that a model version must pass before it is released, on rows that it has not seen.</summary>
/// <param name="Metric">The measure, such as <c>mae</c>.</param>
/// <param name="Min">The measure is at least this; null for no bound.</param>
/// <param name="Max">The measure is at most this; null for no bound.</param>
/// <param name="Rival">Whom the candidate is compared with.</param>
/// <param name="Margin">
/// Relative. Against the baseline: how much better the candidate has to be (0.1 is 10 %). Against the champion: how much worse it may be.
/// </param>
/// <param name="Slice">A column: the bounds hold for each of its values; null for all rows together.</param>
/// <param name="MinRows">A value of the slice with fewer rows is not judged.</param>
/// <param name="Line">Where it stands in the model's file.</param>
public sealed record Gate(string Metric, double? Min, double? Max, GateRival Rival, double Margin, string? Slice, int MinRows, int Line)
{
    /// <summary>What it says, in short, such as <c>mae at most 60 for each is_working_day</c>.</summary>
    public string Id
    {
        get
        {
            var bounds = new List<string>();
            if (Min is { } min)
                bounds.Add(string.Create(CultureInfo.InvariantCulture, $"at least {min}"));
            if (Max is { } max)
                bounds.Add(string.Create(CultureInfo.InvariantCulture, $"at most {max}"));
            if (Rival == GateRival.Baseline)
                bounds.Add(Margin > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Margin * 100:0.##}% better than the baseline") : "better than the baseline");
            if (Rival == GateRival.Champion)
                bounds.Add(Margin > 0 ? string.Create(CultureInfo.InvariantCulture, $"at most {Margin * 100:0.##}% worse than the champion") : "not worse than the champion");
            return $"{Metric} {string.Join(" and ", bounds)}{(Slice is null ? "" : $" for each {Slice}")}";
        }
    }
}
