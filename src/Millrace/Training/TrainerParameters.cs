using System.Globalization;
using Millrace.Assets.Definitions;

namespace Millrace.Training;

/// <summary>The parameters of one training, each with a value that its trainer takes.</summary>
public sealed class TrainerParameters
{
    private readonly Dictionary<string, string> _values;

    private TrainerParameters(IReadOnlyList<KeyValuePair<string, string>> values)
    {
        Values = values;
        _values = values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
    }

    /// <summary>All of them, defaults included, in the trainer's order; numbers in their shortest form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values { get; }

    /// <summary>The trainer's defaults.</summary>
    public static TrainerParameters Defaults(ITrainer trainer) => Read(trainer, [], out _)!;

    /// <summary>Reads what a project wrote.</summary>
    /// <param name="written">Name and text of each; the last of two with one name counts.</param>
    /// <param name="mistakes">The name of the parameter and a sentence that says what would work; all of them, empty when there are
    /// none.</param>
    /// <returns>Null when there is a mistake.</returns>
    public static TrainerParameters? Read(
        ITrainer trainer, IEnumerable<KeyValuePair<string, string>> written,
        out IReadOnlyList<(string Parameter, string Message)> mistakes)
    {
        var found = new List<(string, string)>();
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in written)
        {
            if (trainer.Parameters.FirstOrDefault(p => p.Name == name) is not { } spec)
                found.Add((name, $"Trainer '{trainer.Name}' has no parameter '{name}'. {Known(trainer, name)}"));
            else if (!spec.Takes(text))
                found.Add((name,
                    $"Parameter '{name}' of trainer '{trainer.Name}' is '{text}'. It takes {spec.Range}; the default is {spec.Default}."));
            else
                given[name] = text;
        }

        mistakes = found;
        return found.Count > 0 ? null : new TrainerParameters([.. trainer.Parameters.Select(p => Value(p, given))]);
    }

    /// <exception cref="FormatException">A parameter is unknown or takes other values; the message lists what exists.</exception>
    public static TrainerParameters Of(ITrainer trainer, params (string Name, string Value)[] written) =>
        Read(trainer, written.Select(w => KeyValuePair.Create(w.Name, w.Value)), out var mistakes)
            ?? throw new FormatException(string.Join("\n", mistakes.Select(m => m.Message)));

    internal double Number(string name) => double.Parse(_values[name], CultureInfo.InvariantCulture);

    internal int Whole(string name) => (int)Number(name);

    internal string Word(string name) => _values[name];

    private static string Known(ITrainer trainer, string name)
    {
        var known = trainer.Parameters.Select(p => p.Name).ToList();
        return known.Count == 0 ? "It has none." : $"It has: {string.Join(", ", known)}.{Suggestion.Sentence(name, known)}";
    }

    private static KeyValuePair<string, string> Value(ParameterSpec spec, Dictionary<string, string> given)
    {
        var text = given.GetValueOrDefault(spec.Name, spec.Default);
        if (spec.Words.Count == 0)
            text = double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
        return KeyValuePair.Create(spec.Name, text);
    }
}
