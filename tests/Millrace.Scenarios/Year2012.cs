namespace Millrace.Scenarios;

/// <summary>What was known of each hour of 2012 the evening before: the rows of <c>hourly_features</c>, made once.</summary>
internal static class Year2012
{
    private static readonly Lazy<IReadOnlyList<JsonNode>> Made = new(() =>
    {
        using var bikes = Workshop.OfSample();
        bikes.Arrive(Enumerable.Range(1, 12).Select(m => string.Create(CultureInfo.InvariantCulture, $"2012-{m:00}")));
        bikes.Run();
        return [.. bikes.Ask("query", "SELECT * FROM hourly_features WHERE hour >= '2012-01-01' ORDER BY hour", "--format", "json").Exits(0).Json.AsArray()!];
    });

    public static IReadOnlyList<JsonNode> Rows => Made.Value;
}
