using Millrace.Assets;
using Millrace.Plans;
using static Millrace.Tests.Plans.PlanModel;

namespace Millrace.Tests.Plans;

/// <summary>Random loads against a model that remembers, day by day, from what each day was computed.</summary>
public sealed class PlannerPropertyTests
{
    /// <summary>
    /// The source's day d has a revision that each touching load raises. A child's day is right when it was computed from the present revisions of the
    /// days that it reads. After a run without <c>--as-of</c> every day that the source has must be right; a day out of a touched range is never computed.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_stale_day_is_computed(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var back = random.Next(4);
            var model = new PlanModel().WithSource("s", []).WithTable("p", ["s"], new IncrementalKind(IntervalUnit.Day, ReadsBack: back)).WithTable("c", ["p"], new IncrementalKind(IntervalUnit.Day));
            var files = new List<string>();
            var source = new int[32];
            var (parent, child) = (new Dictionary<int, string>(), new Dictionary<int, string>());
            for (var step = 0; step < 12; step++)
            {
                var touched = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 29)).Distinct().ToList();
                touched.ForEach(d => source[d]++);
                files.Add($"f{step}");
                var asOf = random.Next(4) == 0 ? Day(random.Next(1, 29)) : (DateTimeOffset?)null;
                var decisions = model.WithSource("s", [.. files]).Apply(Days(touched), asOf);

                var present = Enumerable.Range(1, 28).Where(d => source[d] > 0).ToList();
                string ReadByParent(int d) => string.Join(',', source[Math.Max(0, d - back)..(d + 1)]);
                string ReadByChild(int d) => parent.GetValueOrDefault(d, "");
                Compute(decisions["p"], parent, ReadByParent);
                Compute(decisions["c"], child, ReadByChild);
                if (asOf is not null)
                    continue;
                foreach (var day in present)
                {
                    Assert.True(ReadByParent(day) == parent.GetValueOrDefault(day), $"p: day {day} is stale; seed {seed}, round {round}, step {step}");
                    Assert.True(ReadByChild(day) == child.GetValueOrDefault(day), $"c: day {day} is stale; seed {seed}, round {round}, step {step}");
                }
            }
        }
    }

    private static void Compute(Decision decision, Dictionary<int, string> days, Func<int, string> read)
    {
        if (decision.Action != PlanAction.Compute)
            return;
        foreach (var interval in decision.Intervals!)
        {
            for (var at = interval.Start; at < interval.End; at = at.AddDays(1))
            {
                var day = (at - Day(1)).Days + 1;
                Assert.InRange(day, 1, 28);
                days[day] = read(day);
            }
        }
    }
}
