using System.Globalization;

namespace Millrace.Training;

/// <summary>One parameter of a trainer: a number in a range, or one of some words.</summary>
/// <param name="Default">The value's text when a project does not write it.</param>
/// <param name="Meaning">One sentence for people.</param>
public sealed record ParameterSpec(string Name, string Default, string Meaning)
{
    /// <summary>The least number, included.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest number, included.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>Numbers only without a fraction.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The words it takes; empty when it is a number.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>What it takes, for a message.</summary>
    public string Range => Words.Count > 0
        ? $"one of: {string.Join(", ", Words)}"
        : string.Create(CultureInfo.InvariantCulture, $"a {(IsWhole ? "whole " : "")}number from {Minimum:R} to {Maximum:R}");

    internal static ParameterSpec Whole(string name, int value, int minimum, int maximum, string meaning) =>
        new(name, value.ToString(CultureInfo.InvariantCulture), meaning) { IsWhole = true, Minimum = minimum, Maximum = maximum };

    internal static ParameterSpec Number(string name, double value, double minimum, double maximum, string meaning) =>
        new(name, value.ToString("R", CultureInfo.InvariantCulture), meaning) { Minimum = minimum, Maximum = maximum };

    internal bool Takes(string text) => Words.Count > 0
        ? Words.Contains(text, StringComparer.Ordinal)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= Minimum && number <= Maximum && (!IsWhole || number == Math.Floor(number));
}
