using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Sources.Connectors;

/// <summary>A pattern of names in a store: <c>*</c> and <c>?</c> within a folder, <c>**</c> across folders, <c>[...]</c> one of several letters.</summary>
internal static class Glob
{
    /// <summary>The part before the first special letter.</summary>
    public static string Prefix(string pattern) => pattern.IndexOfAny(['*', '?', '[']) is var at and >= 0 ? pattern[..at] : pattern;

    public static Regex Of(string pattern)
    {
        var text = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern.AsSpan(i).StartsWith("**/"))
                (_, i) = (text.Append("(?:.*/)?"), i + 2);
            else if (pattern.AsSpan(i).StartsWith("**"))
                (_, i) = (text.Append(".*"), i + 1);
            else if (pattern[i] == '*')
                text.Append("[^/]*");
            else if (pattern[i] == '?')
                text.Append("[^/]");
            else if (pattern[i] == '[' && pattern.IndexOf(']', i + 1) is var end and > 0)
                (_, i) = (text.Append('[').Append(pattern[i + 1] == '!' ? "^" : "").Append(pattern[(pattern[i + 1] == '!' ? i + 2 : i + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal)).Append(']'), end);
            else
                text.Append(Regex.Escape(pattern[i].ToString()));
        }

        return new Regex(text.Append("\\z").ToString(), RegexOptions.CultureInvariant);
    }
}
