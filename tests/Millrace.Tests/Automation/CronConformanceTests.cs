using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Automation;

namespace Millrace.Tests.Automation;

/// <summary>The rows of the cron set. The variable MILLRACE_CONFORMANCE names the folder.</summary>
public sealed class CronConformanceTests(ITestOutputHelper output)
{
    /// <summary>
    /// The two rows that ask, inclusively, at the end of a jump over the schedule's time. Asked from before they want that very instant,
    /// asked
    /// at it they want the next month: for us an instant at which a schedule fires is one from wherever it is asked.
    /// </summary>
    private static readonly int[] OnPurpose = [1672, 1674];

    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    [Fact]
    public void Every_row_of_cron_fires_or_is_refused_as_it_says()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of cases that others wrote.");
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "cron", "cronos_cases.json")))!["cases"]!.AsArray();
        var (passed, differ, unsupported, failures) = (0, 0, new SortedDictionary<string, int>(StringComparer.Ordinal),
            new List<string>());
        foreach (var row in cases)
        {
            var (test, args) = ((string)row!["test"]!, row["args"]!.AsObject());
            if (Unsupported(test, args) is { } reason)
            {
                unsupported[reason] = unsupported.GetValueOrDefault(reason) + 1;
            }
            else if (Check(test, args) is { } failure)
            {
                if (OnPurpose.Contains((int)row["line"]!))
                {
                    differ++;
                    continue;
                }

                failures.Add($"line {row["line"]}, {test}: {args.ToJsonString()}: {failure}");
            }
            else
            {
                passed++;
            }
        }

        output.WriteLine(
            $"cron: {passed} passed, {differ} differ on purpose, {unsupported.Values.Sum()} not supported, {failures.Count} failed");
        foreach (var (reason, count) in unsupported)
            output.WriteLine($"not supported: {count} rows, {reason}");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.Equal(cases.Count, passed + differ + unsupported.Values.Sum());
        Assert.Equal(OnPurpose.Length, differ);
    }

    private static string? Unsupported(string test, JsonObject args) =>
        args.ContainsKey("hash") || Text(args).Contains("H/", StringComparison.Ordinal)
            ? "jitter is a feature of that library"
        : test.StartsWith("ToString", StringComparison.Ordinal) ? "a schedule's text is the text that was read"
        : test.StartsWith("Equals", StringComparison.Ordinal) ? "schedules are not compared"
        : test.Contains("ThrowsAnException_WhenFrom", StringComparison.Ordinal) ? "an instant without an offset does not compile here"
        : null;

    private static string? Check(string test, JsonObject args)
    {
        if (test.StartsWith("Parse_Throws", StringComparison.Ordinal))
            return Refusal(Text(args), (string)args["invalidField"]!);
        if (test.StartsWith("Parse_DoesNot", StringComparison.Ordinal) || test == "HandleWhiteSpaces")
            return Refusal(Text(args), null) is { } message && message.StartsWith("was read", StringComparison.Ordinal) ? null
                : "was refused";
        if (test == "GetNextOccurrence_ReturnsDateTimeWithUtcKind")
        {
            var next = CronSchedule.Parse("* * * * *").Next(At("12:00", NewYork), NewYork, (bool)args["inclusive"]!);
            return next!.Value.Offset == TimeSpan.Zero ? null : "not UTC";
        }

        if (test.Contains("RoundsFromUtc", StringComparison.Ordinal))
        {
            var second = At("12:00:05", TimeZoneInfo.Utc);
            var rounded = CronSchedule.Parse("* * * * * *")
                .Next(second.AddTicks((long)args["extraTicks"]!), TimeZoneInfo.Utc, (bool)args["inclusiveFrom"]!);
            return rounded == second.AddSeconds(1) ? null : $"gave {rounded:O}";
        }

        var zone = Zone(test);
        var from = At((string)(args["fromString"] ?? args["from"])!, zone);
        var schedule = CronSchedule.Parse(Text(args));
        if (test.Contains("MakesProgress", StringComparison.Ordinal))
        {
            for (var i = 0; i < 10; i++)
            {
                if (schedule.Next(from, zone) is not { } then || then <= from)
                    return $"stands still at {from:O}";
                from = then;
            }

            return null;
        }

        var isInclusive = args["inclusive"] is { } told ? (bool)told : !test.Contains("InclusiveIsFalse", StringComparison.Ordinal);
        var found = schedule.Next(from, zone, isInclusive);
        DateTimeOffset? expected = args["expectedString"] is { } text ? At((string)text!, zone) : null;
        return found == expected ? null : $"expected {expected:O}, gave {found:O}";
    }

    private static string? Refusal(string text, string? field)
    {
        try
        {
            CronSchedule.Parse(text);
            return "was read";
        }
        catch (FormatException e)
        {
            return field is not null && e.Message.Contains(field, StringComparison.Ordinal) ? null : $"was refused: {e.Message}";
        }
    }

    private static string Text(JsonObject args) => (string?)(args["cronExpression"] ?? args["expression"] ?? args["leftExpression"]) ?? "";

    private static TimeZoneInfo Zone(string test)
    {
        var id = test.Contains("Utc", StringComparison.Ordinal)
            || test.EndsWith("UnreachableAndFromIsDateTime", StringComparison.Ordinal) ? "UTC"
            : test.Contains("JumpsForwardAndFromIsAroundDST", StringComparison.Ordinal)
                || test.Contains("HandleDifficultDSTCases", StringComparison.Ordinal)
                ? "Asia/Amman"
            : test.Contains("JumpsBackwardAndFromIsAroundDST", StringComparison.Ordinal) ? "America/Santiago"
            : test.Contains("TurnForwardHalfHour", StringComparison.Ordinal)
                || test.Contains("DeltaIsNotHour", StringComparison.Ordinal) ? "Australia/Lord_Howe"
            : "America/New_York";
        return TimeZoneInfo.FindSystemTimeZoneById(id);
    }

    /// <summary>An instant of a row: with its offset, or on the zone's clock; a time alone means 2016-12-09.</summary>
    private static DateTimeOffset At(string text, TimeZoneInfo zone)
    {
        if (!text.Contains('-', StringComparison.Ordinal))
            text = $"2016-12-09 {text}";
        var parts = text.Split(' ');
        if (parts.Length == 3)
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        var wall = DateTime.Parse(text, CultureInfo.InvariantCulture);
        return new DateTimeOffset(wall, zone.GetUtcOffset(wall));
    }
}
