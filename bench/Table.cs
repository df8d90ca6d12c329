using System.Globalization;

namespace Millrace.Bench;

/// <summary>Prints what was measured: the median, the spread, and the limit beside it.</summary>
internal static class Table
{
    /// <summary>Ours against theirs in alternating pairs; the limit is on the median of the pairs' ratios.</summary>
    public static void Compare(string title, string theirName, double limit, int pairs, Action ours, Action theirs)
    {
        ours();
        theirs();
        var measured = Enumerable.Range(0, pairs).Select(i =>
        {
            // Whoever goes second finds the disk busy with the first one's pages, so they take turns.
            if (i % 2 == 0)
            {
                var mine = Usage.Of(ours);
                return (Ours: mine, Theirs: Usage.Of(theirs));
            }

            var other = Usage.Of(theirs);
            return (Ours: Usage.Of(ours), Theirs: other);
        }).ToList();
        Heading(title, pairs);
        Row("ours, CPU s", measured.Select(m => m.Ours.CpuSeconds));
        Row($"{theirName}, CPU s", measured.Select(m => m.Theirs.CpuSeconds));
        Row("ours, wall s", measured.Select(m => m.Ours.WallSeconds));
        Row($"{theirName}, wall s", measured.Select(m => m.Theirs.WallSeconds));
        Row("ratio of CPU", measured.Select(m => m.Ours.CpuSeconds / m.Theirs.CpuSeconds), limit);
        Row("ratio of wall", measured.Select(m => m.Ours.WallSeconds / m.Theirs.WallSeconds), limit);
    }

    public static void Heading(string title, int repetitions)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title} ({repetitions} repetitions)"));
        Console.WriteLine($"  {"",-34} {"median",10} {"min",10} {"max",10} {"limit",8}");
    }

    public static void Row(string name, IEnumerable<double> values, double? limit = null, string format = "0.000")
    {
        var sorted = values.Order().ToList();
        var median = sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        var verdict = limit is { } most ? $"{Text(most),8}  {(median <= most ? "met" : "NOT met")}" : "";
        Console.WriteLine($"  {name,-34} {Text(median),10} {Text(sorted[0]),10} {Text(sorted[^1]),10} {verdict}".TrimEnd());
    }
}
