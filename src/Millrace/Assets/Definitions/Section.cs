using System.Collections;
using System.Globalization;

namespace Millrace.Assets.Definitions;

/// <summary>One mapping read against its <see cref="Shape"/>.</summary>
/// <remarks>
/// Making a section reports everything that does not fit the shape, down to the innermost mapping. The getters then give what is sound:
/// the key's default where it is absent, null (or nothing) where it is wrong. A node that is no mapping reads as an empty one.
/// </remarks>
public sealed class Section
{
    private readonly Shape _shape;
    private readonly ICollection<Problem> _problems;
    private readonly Dictionary<string, (DefinitionNode Key, DefinitionNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>Reads a mapping and reports unknown and missing keys, wrong kinds of values, wrong words, numbers out of range.</summary>
    public Section(Shape shape, DefinitionNode node, ICollection<Problem> problems)
    {
        (_shape, Source, _problems) = (shape, node, problems);
        if (!node.IsMap)
        {
            if (!node.IsRefused)
                Report("wrong-kind", $"The {shape.Title} is {Words(node)}, but takes a mapping with the keys: {Names(shape)}.");
            return;
        }

        foreach (var (name, key, value) in node.Entries)
        {
            if (shape.Find(name) is not { } known)
            {
                if (!value.IsRefused)
                    {
                    var suggestion = Suggestion.Sentence(name, shape.Keys.Select(k => k.Name));
                    Report("unknown-key", $"The {shape.Title} has no key '{name}'.{suggestion} Keys are: {Names(shape)}.", key.Line);
                }

                continue;
            }

            _entries.Add(name, (key, value));
            if (!value.IsRefused && Read(known, value) is { } read)
                _values.Add(name, read);
        }

        foreach (var missing in shape.Keys.Where(k => k.IsRequired && !_entries.ContainsKey(k.Name)))
            Report("missing-key", $"The {shape.Title} lacks the key '{missing.Name}'. {missing.Description}{Example(missing)}");
    }

    /// <summary>The mapping.</summary>
    public DefinitionNode Source { get; }

    /// <summary>Path of the file relative to the project folder.</summary>
    public string File => Source.File;

    /// <summary>The line on which the mapping starts.</summary>
    public int Line => Source.Line;

    /// <summary>The line of a key, or of the mapping where the key is absent.</summary>
    public int LineOf(string key) => _entries.TryGetValue(key, out var entry) ? entry.Key.Line : Line;

    /// <summary>The value of a <see cref="KeyKind.Text"/> or <see cref="KeyKind.Word"/>.</summary>
    public string? Text(string key) => (string?)Value(key, KeyKind.Text, KeyKind.Word);

    /// <summary>The value of an <see cref="KeyKind.Integer"/>.</summary>
    public long? Integer(string key) =>
        Value(key, KeyKind.Integer) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;

    /// <summary>The value of a <see cref="KeyKind.Number"/> or <see cref="KeyKind.Integer"/>.</summary>
    public double? Number(string key) =>
        Value(key, KeyKind.Number, KeyKind.Integer) is { } value ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;

    /// <summary>The value of a <see cref="KeyKind.Flag"/>.</summary>
    public bool? Flag(string key) => (bool?)Value(key, KeyKind.Flag);

    /// <summary>The values of <see cref="KeyKind.Texts"/>; one scalar is a list of one.</summary>
    public IReadOnlyList<string> Texts(string key) => (IReadOnlyList<string>?)Value(key, KeyKind.Texts) ?? [];

    /// <summary>The node that stands at a key of any kind, also where its value is wrong; null when the key is absent.</summary>
    public DefinitionNode? Node(string key) => _entries.TryGetValue(Known(key).Name, out var entry) ? entry.Value : null;

    /// <summary>The section of a <see cref="KeyKind.Map"/>.</summary>
    public Section? Map(string key) => (Section?)Value(key, KeyKind.Map);

    /// <summary>The sections of a <see cref="KeyKind.List"/> in order.</summary>
    public IReadOnlyList<Section> List(string key) => (IReadOnlyList<Section>?)Value(key, KeyKind.List) ?? [];

    /// <summary>The pairs of <see cref="KeyKind.Scalars"/>.</summary>
    public IReadOnlyDictionary<string, string> Scalars(string key) =>
        (IReadOnlyDictionary<string, string>?)Value(key, KeyKind.Scalars) ?? new Dictionary<string, string>();

    /// <summary>The members of the list at a <see cref="KeyKind.Any"/>; anything but a list is reported.</summary>
    public IReadOnlyList<DefinitionNode> Items(string key)
    {
        if (Node(key) is not { IsRefused: false } node)
            return [];
        if (!node.IsList)
            Report("wrong-kind", $"'{key}' is {Words(node)}, but takes a list.{Example(Known(key))}", key);
        return node.Items;
    }

    /// <summary>Reports a mistake at a key, or at the mapping as a whole.</summary>
    public void Report(string code, string message, string? key = null) => Report(code, message, key is null ? Line : LineOf(key));

    /// <summary>Reports a mistake at a line of the file, such as that of a node within.</summary>
    public void Report(string code, string message, int line) => _problems.Add(new Problem(code, message, File, line));

    private object? Value(string key, params ReadOnlySpan<KeyKind> kinds)
    {
        var known = Known(key);
        if (!kinds.Contains(known.Kind))
            throw new ArgumentException($"The key '{key}' of '{_shape.Title}' is declared as {known.Kind}. Read it as that.", nameof(key));
        return _values.TryGetValue(key, out var value) ? value : _entries.ContainsKey(key) ? null : known.Default;
    }

    private Key Known(string key) =>
        _shape.Find(key)
        ?? throw new ArgumentException($"The shape '{_shape.Title}' declares no key '{key}'. Keys are: {Names(_shape)}.", nameof(key));

    private object? Read(Key key, DefinitionNode node)
    {
        if (key.Kind == KeyKind.Any)
            return node;
        if (node.IsNull)
        {
            var quotes = node.Scalar == "" ? "" : $" If you mean the text '{node.Scalar}', put it in quotes.";
            Report("missing-value", $"'{key.Name}' has no value. Give it one, or remove the key.{quotes}{Example(key)}", key.Name);
            return null;
        }

        switch (key.Kind)
        {
            case KeyKind.Text when node.IsScalar:
                return node.Scalar;
            case KeyKind.Integer when node.TryInteger(out var integer):
                return InRange(key, node, integer) ? integer : null;
            case KeyKind.Number when node.TryNumber(out var number):
                return InRange(key, node, number) ? number : null;
            case KeyKind.Flag when node.TryFlag(out var flag):
                return flag;
            case KeyKind.Word when node.IsScalar:
                return IsAllowed(key, node) ? node.Scalar : null;
            case KeyKind.Texts when node.IsScalar:
                return IsAllowed(key, node) ? (string[])[node.Scalar!] : null;
            case KeyKind.Texts when node.IsList:
                return Texts(key, node);
            case KeyKind.Map when node.IsMap:
                return new Section(ShapeOf(key), node, _problems);
            case KeyKind.List when node.IsList:
                return node.Items.Select(item => new Section(ShapeOf(key), item, _problems)).Where(s => s.Source.IsMap).ToArray();
            case KeyKind.Scalars when node.IsMap:
                return Scalars(key, node);
            default:
                var fitsBare = node.IsQuoted && Fits(key.Kind, DefinitionNode.OfScalar(File, node.Line, node.Scalar!, false));
                var unquote = fitsBare ? " Quotes make it a text: remove them." : "";
                Report("wrong-kind", $"'{key.Name}' is {Words(node)}, but takes {Words(key.Kind)}.{unquote}{Example(key)}", key.Name);
                return null;
        }
    }

    private static bool Fits(KeyKind kind, DefinitionNode node) =>
        (kind == KeyKind.Integer && node.TryInteger(out _))
        || (kind == KeyKind.Number && node.TryNumber(out _))
        || (kind == KeyKind.Flag && node.TryFlag(out _));

    private string[]? Texts(Key key, DefinitionNode list)
    {
        var texts = new List<string>();
        foreach (var item in list.Items.Where(i => !i.IsRefused))
        {
            if (!item.IsScalar || item.IsNull)
                Report(
                    "wrong-kind",
                    $"'{key.Name}' has {(item.IsNull ? "an empty member" : $"the member {Words(item)}")}, "
                    + $"but takes {Words(key.Kind)}.{Example(key)}",
                    item.Line);
            else if (IsAllowed(key, item))
                texts.Add(item.Scalar!);
        }

        return texts.Count == list.Items.Count ? [.. texts] : null;
    }

    private Dictionary<string, string> Scalars(Key key, DefinitionNode map)
    {
        var scalars = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, nameNode, value) in map.Entries.Where(e => !e.Value.IsRefused))
        {
            if (!value.IsScalar || value.IsNull)
                Report("wrong-kind", $"'{name}' in '{key.Name}' is {Words(value)}, but takes one text, number or flag.", nameNode.Line);
            else
                scalars.Add(name, value.Scalar!);
        }

        return scalars;
    }

    private bool IsAllowed(Key key, DefinitionNode word)
    {
        if (key.Words.Count == 0 || key.Words.Contains(word.Scalar!))
            return true;
        var words = $"{(key.Words.Count == 1 ? "It can be" : "It can be one of")}: {string.Join(", ", key.Words)}.";
        Report(
            "wrong-word",
            key.LaterWords.Contains(word.Scalar!)
                ? $"'{key.Name}' is '{word.Scalar}', which this version of Millrace cannot do yet. {words}"
                : $"'{key.Name}' is '{word.Excerpt}'.{Suggestion.Sentence(word.Scalar!, key.Words)} {words}",
            word.Line);
        return false;
    }

    private bool InRange(Key key, DefinitionNode node, double number)
    {
        if (!(number < key.Minimum) && !(number > key.Maximum) && !(double.IsNaN(number) && (key.Minimum ?? key.Maximum) is not null))
            return true;
        var range = (key.Minimum, key.Maximum) switch
        {
            ({ } low, { } high) => string.Create(CultureInfo.InvariantCulture, $"from {low} to {high}"),
            ({ } low, null) => string.Create(CultureInfo.InvariantCulture, $"of {low} or more"),
            (_, { } high) => string.Create(CultureInfo.InvariantCulture, $"of {high} or less"),
            _ => "",
        };
        Report("out-of-range", $"'{key.Name}' is {node.Excerpt}, but takes {Words(key.Kind)} {range}.{Example(key)}", LineOf(key.Name));
        return false;
    }

    private Shape ShapeOf(Key key) =>
        key.Shape ?? throw new ArgumentException($"The key '{key.Name}' of the shape '{_shape.Title}' is a {key.Kind} and needs a Shape.");

    private static string Names(Shape shape) => string.Join(", ", shape.Keys.Select(k => k.Name));

    private static string Words(DefinitionNode node) => node switch
    {
        { IsMap: true } => $"the mapping {node.Excerpt}",
        { IsList: true } => $"the list {node.Excerpt}",
        { IsNull: true } => "empty",
        { IsQuoted: true } => $"the text '{node.Excerpt}'",
        _ => $"'{node.Excerpt}'",
    };

    private static string Words(KeyKind kind) => kind switch
    {
        KeyKind.Text or KeyKind.Word => "one text",
        KeyKind.Integer => "a whole number",
        KeyKind.Number => "a number",
        KeyKind.Flag => "true or false",
        KeyKind.Texts => "one text or a list of texts",
        KeyKind.Map => "a mapping",
        KeyKind.List => "a list of mappings",
        _ => "a mapping from names to values",
    };

    private static string Example(Key key) => key.Example is null ? "" : $" For example: {key.Name}: {InYaml(key.Example)}";

    private static string InYaml(object value) => value switch
    {
        string text when IsPlain(text) => text,
        string text => $"\"{string.Concat(text.Select(c => c switch { '"' => "\\\"", '\\' => "\\\\", '\t' => "\\t", _ => c.ToString() }))}\"",
        bool flag => flag ? "true" : "false",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(InYaml)) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static bool IsPlain(string text) =>
        text.Length > 0 && text.Trim() == text && !"[]{},#&*!|>'\"%@`:-?".Contains(text[0], StringComparison.Ordinal)
        && !text.Contains(": ", StringComparison.Ordinal) && !text.Contains(" #", StringComparison.Ordinal)
        && !text.Contains(',', StringComparison.Ordinal) && !text.Contains('\t', StringComparison.Ordinal);
}
