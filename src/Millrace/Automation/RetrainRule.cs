using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Ledger;

namespace Millrace.Automation;

/// <summary>When a new version of an endpoint's model is asked for.</summary>
/// <param name="On">Kinds of alerts that ask: <see cref="Alert.Drift"/>, <see cref="Alert.Performance"/>.</param>
/// <param name="Schedule">Moments that ask; null for none.</param>
/// <param name="TimeZone">In which the schedule is read.</param>
/// <param name="CoolDown">After asking, nothing is asked for so long.</param>
public sealed record RetrainRule(IReadOnlyList<string> On, CronSchedule? Schedule, TimeZoneInfo TimeZone, Period CoolDown)
{
    /// <summary>The keys of <c>retrain</c>.</summary>
    public static Shape Shape { get; } = new(
        "retrain section",
        "When a new version of the model is asked for. Gates decide whether it replaces the one in force.",
        new Key("on", KeyKind.Texts, "Alerts about the version in force that ask.") { Words = [Alert.Drift, Alert.Performance], Example = new[] { "drift", "performance" } },
        new Key("schedule", KeyKind.Text, "Moments that ask, as a cron expression.") { Example = "0 4 1 * *" },
        new Key("time_zone", KeyKind.Text, "In which the schedule is read.") { Default = "UTC", Example = "Europe/Berlin" },
        new Key("cool_down", KeyKind.Text, "After asking, nothing is asked for so long.") { Default = "1 day", Example = "14 days" });

    /// <summary>Reads what an endpoint says under <c>retrain</c>.</summary>
    /// <returns>The rule; null after a Problem.</returns>
    public static RetrainRule? Read(DefinitionNode node, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var section = new Section(Shape, node, found);
        if (section.Texts("on").Count == 0 && section.Text("schedule") is null)
            section.Report("missing-key", "Nothing would ever ask for a new version. Give 'on' or 'schedule', for example on: [drift, performance].");
        CronSchedule? schedule = null;
        if (section.Text("schedule") is { } text)
        {
            try
            {
                schedule = CronSchedule.Parse(text);
            }
            catch (FormatException e)
            {
                section.Report("bad-schedule", e.Message, "schedule");
            }
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(section.Text("time_zone") ?? "UTC", out var zone))
            section.Report("unknown-time-zone", $"'{section.Text("time_zone")}' is no time zone of this system. Write a name such as Europe/Berlin or UTC.", "time_zone");
        var coolDown = Period.TryParse(section.Text("cool_down") ?? "1 day");
        if (coolDown is null)
            section.Report("wrong-kind", $"'cool_down' is '{section.Text("cool_down")}', but takes a period. For example: cool_down: 14 days", "cool_down");
        found.ForEach(problems.Add);
        return found.Count > 0 ? null : new RetrainRule(section.Texts("on"), schedule, zone!, coolDown!.Value);
    }
}
