using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Assets.Definitions;

/// <summary>One value of a definition with its place: a mapping, a list or a scalar.</summary>
/// <remarks>
/// A node that <see cref="DefinitionText"/> refused (an alias, too deep a nesting) is none of the three: its Problem is already reported.
/// Numbers, flags and null follow the core schema of YAML 1.2 and are recognised in plain scalars only, so that <c>"5"</c> is text.
/// </remarks>
public sealed partial class DefinitionNode
{
    private const int MaxExcerpt = 60;

    private readonly bool _isList;
    private readonly bool _isMap;

    private DefinitionNode(string file, int line, bool isMap, bool isList) => (File, Line, _isMap, _isList) = (file, line, isMap, isList);

    /// <summary>Path of the file relative to the project folder.</summary>
    public string File { get; }

    /// <summary>The line of the file on which the value starts, from 1.</summary>
    public int Line { get; }

    /// <summary>True for a mapping; its pairs are in <see cref="Entries"/>.</summary>
    public bool IsMap => _isMap;

    /// <summary>True for a list; its members are in <see cref="Items"/>.</summary>
    public bool IsList => _isList;

    /// <summary>True for a scalar; its text is in <see cref="Scalar"/>.</summary>
    public bool IsScalar => Scalar is not null;

    /// <summary>The text of a scalar without quotes, null for anything else.</summary>
    public string? Scalar { get; private init; }

    /// <summary>True when the scalar stands in quotes or in a block (<c>|</c>, <c>&gt;</c>): it is text, whatever it looks like.</summary>
    public bool IsQuoted { get; private init; }

    /// <summary>The members of a list in order, else empty.</summary>
    public IReadOnlyList<DefinitionNode> Items { get; private init; } = [];

    /// <summary>The pairs of a mapping in order, else empty. Keys are unique.</summary>
    public IReadOnlyList<(string Key, DefinitionNode KeyNode, DefinitionNode Value)> Entries { get; private init; } = [];

    /// <summary>True for a value that is left out, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => IsScalar && !IsQuoted && Scalar is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>True when a Problem about this node was reported while its text was read.</summary>
    public bool IsRefused => !IsMap && !IsList && !IsScalar;

    /// <summary>The value in one short line, for messages.</summary>
    public string Excerpt
    {
        get
        {
            var text = InLine();
            return text.Length <= MaxExcerpt ? text : text[..(MaxExcerpt - 3)] + "...";
        }
    }

    /// <summary>The value of a mapping's key, or null.</summary>
    public DefinitionNode? Find(string key) => Entries.FirstOrDefault(e => e.Key == key).Value;

    /// <summary>Reads a whole number of 64 bits: decimal, <c>0x</c> or <c>0o</c>.</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        if (Scalar is null || IsQuoted)
            return false;
        if (DecimalInteger().IsMatch(Scalar))
            return long.TryParse(Scalar, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        if (HexInteger().IsMatch(Scalar))
            return long.TryParse(Scalar.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        if (!OctalInteger().IsMatch(Scalar) || Scalar.Length > 2 + 21)
            return false;
        value = Scalar.Skip(2).Aggregate(0L, (sum, digit) => (sum * 8) + (digit - '0'));
        return true;
    }

    /// <summary>Reads a number: a whole one, a decimal, one with an exponent, <c>.inf</c> or <c>.nan</c>.</summary>
    public bool TryNumber(out double value)
    {
        value = 0;
        if (TryInteger(out var whole))
        {
            value = whole;
            return true;
        }

        if (Scalar is null || IsQuoted)
            return false;
        switch (Scalar)
        {
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                value = double.PositiveInfinity;
                return true;
            case "-.inf" or "-.Inf" or "-.INF":
                value = double.NegativeInfinity;
                return true;
            case ".nan" or ".NaN" or ".NAN":
                value = double.NaN;
                return true;
            default:
                return DecimalNumber().IsMatch(Scalar)
                    && double.TryParse(Scalar, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }

    /// <summary>Reads <c>true</c> or <c>false</c>; <c>yes</c>, <c>no</c>, <c>on</c> and <c>off</c> are text.</summary>
    public bool TryFlag(out bool value)
    {
        value = !IsQuoted && Scalar is "true" or "True" or "TRUE";
        return !IsQuoted && Scalar is "true" or "True" or "TRUE" or "false" or "False" or "FALSE";
    }

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Excerpt}";

    internal static DefinitionNode OfScalar(string file, int line, string text, bool isQuoted) =>
        new(file, line, false, false) { Scalar = text, IsQuoted = isQuoted };

    internal static DefinitionNode OfList(string file, int line, IReadOnlyList<DefinitionNode> items) =>
        new(file, line, false, true) { Items = items };

    internal static DefinitionNode OfMap(
        string file, int line, IReadOnlyList<(string Key, DefinitionNode KeyNode, DefinitionNode Value)> entries) =>
        new(file, line, true, false) { Entries = entries };

    internal static DefinitionNode Refused(string file, int line) => new(file, line, false, false);

    private string InLine() => this switch
    {
        { IsMap: true } => "{" + string.Join(", ", Entries.Take(8).Select(e => $"{e.Key}: {e.Value.InLine()}")) + "}",
        { IsList: true } => "[" + string.Join(", ", Items.Take(16).Select(i => i.InLine())) + "]",
        { IsScalar: true } => string.Concat(Scalar!.Take(MaxExcerpt + 1).Select(InLine)),
        _ => "?",
    };

    private static string InLine(char c) => c switch { '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", _ => c.ToString() };

    [GeneratedRegex(@"^[-+]?[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalInteger();

    [GeneratedRegex(@"^0x[0-9a-fA-F]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex HexInteger();

    [GeneratedRegex(@"^0o[0-7]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex OctalInteger();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalNumber();
}
