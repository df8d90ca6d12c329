namespace Millrace.Scenarios;

/// <summary>One moment of a run, as MILLRACE_PROGRESS=json tells it.</summary>
internal sealed record Moment(string? Asset, string Phase, string? Note)
{
    public static Moment? Read(string line)
    {
        if (!line.StartsWith("{\"asset\":", StringComparison.Ordinal))
            return null;
        var json = JsonNode.Parse(line)!;
        return new Moment((string?)json["asset"], (string)json["phase"]!, (string?)json["note"]);
    }
}

/// <summary>What one start of the program gave.</summary>
/// <param name="ExitCode">137 for a process that was killed.</param>
/// <param name="Out">What it answered.</param>
/// <param name="Error">What it said beside that, without the moments of a run.</param>
internal sealed record Answer(string Words, int ExitCode, string Out, string Error, IReadOnlyList<Moment> Moments)
{
    public const int Killed = 137;

    /// <summary>The one JSON document that <c>--json</c> gives.</summary>
    public JsonNode Json => JsonNode.Parse(Out)!;

    public Answer Exits(int code)
    {
        Assert.True(code == ExitCode, $"millrace {Words}: exit code {ExitCode}, wanted {code}\n{Out}\n{Error}\n{string.Join('\n', Moments)}");
        return this;
    }

    /// <summary>The line of a run's summary that speaks of an asset, from its JSON.</summary>
    public JsonNode Asset(string name) => Json["assets"]!.AsArray().Single(a => (string)a!["asset"]! == name || ((string)a["asset"]!).EndsWith(" " + name, StringComparison.Ordinal))!;

    public string Outcome(string asset) => (string)Asset(asset)["outcome"]!;

    /// <summary>What a run did with each of its assets: <c>rides computed, hourly unchanged</c>.</summary>
    public string Outcomes() => string.Join(", ", Json["assets"]!.AsArray().Select(a => $"{((string)a!["asset"]!).Split(' ')[1]} {(string)a["outcome"]!}"));
}
