namespace Millrace.Assets.Definitions;

/// <summary>The keys that one mapping of a definition may have. Readers check against it and JSON Schemas are written from it.</summary>
/// <param name="Title">A noun that sentences can use after "the", such as <c>source</c> or <c>csv section</c>.</param>
/// <param name="Description">What such a mapping declares, in one sentence; editors show it.</param>
/// <param name="Keys">The keys in the order in which messages list them. Names are unique.</param>
public sealed record Shape(string Title, string Description, params IReadOnlyList<Key> Keys)
{
    /// <summary>The key of this name, or null.</summary>
    public Key? Find(string name) => Keys.FirstOrDefault(k => k.Name == name);

    /// <summary>The same shape with <paramref name="key"/> in the place of the key that has its name.</summary>
    /// <exception cref="ArgumentException">There is no key of that name.</exception>
    public Shape With(Key key) => Find(key.Name) is null
        ? throw new ArgumentException($"The shape '{Title}' has no key '{key.Name}' to replace.", nameof(key))
        : new Shape(Title, Description, [.. Keys.Select(k => k.Name == key.Name ? key : k)]);
}

/// <summary>One key that a mapping may have.</summary>
/// <param name="Name">As projects write it, such as <c>time_column</c>.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Description">What it means, in one sentence with a full stop; messages and editors show it.</param>
public sealed record Key(string Name, KeyKind Kind, string Description)
{
    /// <summary>True when the mapping must have the key.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The allowed words of <see cref="KeyKind.Word"/>, and of <see cref="KeyKind.Texts"/> where not empty.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Words that are planned and refused until they are built; the message says so.</summary>
    public IReadOnlyList<string> LaterWords { get; init; } = [];

    /// <summary>The shape of a <see cref="KeyKind.Map"/>, or of each item of a <see cref="KeyKind.List"/>.</summary>
    public Shape? Shape { get; init; }

    /// <summary>What <see cref="Section"/> gives when the key is absent; null when absence means something of its own.</summary>
    public object? Default { get; init; }

    /// <summary>A value that works, for messages and editors.</summary>
    public object? Example { get; init; }

    /// <summary>The smallest number allowed, or null.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number allowed, or null.</summary>
    public double? Maximum { get; init; }
}

/// <summary>What the value of a key is.</summary>
public enum KeyKind
{
    /// <summary>One scalar, taken as text.</summary>
    Text,

    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>One of <see cref="Key.Words"/>.</summary>
    Word,

    /// <summary>One scalar or a list of scalars, taken as texts.</summary>
    Texts,

    /// <summary>A mapping of <see cref="Key.Shape"/>.</summary>
    Map,

    /// <summary>A list of mappings of <see cref="Key.Shape"/>.</summary>
    List,

    /// <summary>A mapping from free names to scalars.</summary>
    Scalars,

    /// <summary>Anything; another room reads it.</summary>
    Any,
}
