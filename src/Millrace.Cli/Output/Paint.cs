namespace Millrace.Cli.Output;

/// <summary>What a piece of text means, from which its colour follows.</summary>
internal enum Tone
{
    Plain,
    Strong,
    Quiet,
    Good,
    Warning,
    Bad,
}

/// <summary>Colours text for a terminal, or leaves it as it is.</summary>
internal sealed class Paint(bool isOn)
{
    public static readonly Paint None = new(false);

    public string Of(Tone tone, string text) => !isOn || tone == Tone.Plain || text.Length == 0 ? text : $"\e[{Code(tone)}m{text}\e[0m";

    private static string Code(Tone tone) => tone switch
    {
        Tone.Strong => "1",
        Tone.Quiet => "2",
        Tone.Good => "32",
        Tone.Warning => "33",
        _ => "31",
    };
}
