using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Millrace.Checks.Types;

/// <summary>A number as it is written, with all its digits: <c>Digits * 10^-Scale</c>.</summary>
internal readonly partial record struct ExactNumber(BigInteger Digits, int Scale) : IComparable<ExactNumber>
{
    /// <summary>Reads a number such as <c>-12.50</c> or <c>1e-05</c>; null for any other text, NaN and infinity among them.</summary>
    public static ExactNumber? Parse(string? text)
    {
        if (text is null || Form().Match(text) is not { Success: true } match)
            return null;
        var fraction = match.Groups["fraction"].Value;
        var exponent = match.Groups["exponent"].Value is { Length: > 0 } e ? int.Parse(e, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        var digits = BigInteger.Parse(match.Groups["whole"].Value + fraction, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return new ExactNumber(digits, fraction.Length - exponent);
    }

    public int CompareTo(ExactNumber other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return (Digits * BigInteger.Pow(10, scale - Scale)).CompareTo(other.Digits * BigInteger.Pow(10, scale - other.Scale));
    }

    [GeneratedRegex(@"^(?<whole>[+-]?[0-9]+)(\.(?<fraction>[0-9]+))?([eE](?<exponent>[+-]?[0-9]{1,3}))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
