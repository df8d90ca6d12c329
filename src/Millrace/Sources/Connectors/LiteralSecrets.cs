using System.Text.RegularExpressions;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>Secrets that stand in a definition. It is kept in the ledger and shown in plans, so that none may.</summary>
internal static partial class LiteralSecrets
{
    /// <summary>Reports each secret that is written out, at any depth.</summary>
    public static void Refuse(Section section, DefinitionNode node)
    {
        foreach (var item in node.Items)
            Refuse(section, item);
        if (!node.IsMap)
        {
            if (node.IsScalar && node.Scalar is { } text && LiteralPassword().IsMatch(text))
                Say("The text holds a password", "PASSWORD", node.Line);
            return;
        }

        foreach (var (name, key, value) in node.Entries)
        {
            if (value.IsScalar && value.Scalar is { Length: > 0 } text && SecretName().IsMatch(name) && !text.Contains("${", StringComparison.Ordinal))
                Say($"'{name}' is written out", name.ToUpperInvariant().Replace('-', '_'), key.Line);
            else
                Refuse(section, value);
        }

        void Say(string what, string variable, int line) => section.Report(
            "literal-secret",
            $"{what}, and a definition is kept in the ledger and shown to everyone. Write a reference in its place: "
            + $"${{env:{variable}}} for an environment variable, or ${{file:path}} for a file.",
            line);
    }

    /// <summary>A password in a URL or in a connection text, where no reference stands in its place.</summary>
    [GeneratedRegex(@"://[^/\s:@]*:(?!\$\{)[^@/\s]+@|(?:^|[\s;?&])(?:password|pwd|sslpassword)\s*=\s*(?!\$\{)[^\s;&]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LiteralPassword();

    [GeneratedRegex(@"^(.*[_-])?(password|passwd|pwd|secret|secret_key|secret_access_key|auth_token|access_token|bearer_token|api_token|api_key|apikey|private_key|authorization)\z|^token\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
