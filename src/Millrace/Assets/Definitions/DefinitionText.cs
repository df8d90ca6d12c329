using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Millrace.Assets.Definitions;

/// <summary>Reads the YAML of a definition into nodes that know their lines.</summary>
/// <remarks>
/// One document; mappings with unique text keys; no anchors, aliases or tags, so that a line means what it says where it stands.
/// The parser's events are read rather than its document model, because that model throws at the first duplicate key.
/// </remarks>
public static class DefinitionText
{
    private const int MaxDepth = 64;

    /// <summary>Reads one document. A text without any value is an empty mapping.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">The file that nodes and Problems name, relative to the project.</param>
    /// <param name="firstLine">The line of the file on which the text starts, from 1.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <returns>The root, or null when the text cannot be read; then there is at least one Problem.</returns>
    public static DefinitionNode? Parse(string yaml, string file, int firstLine, ICollection<Problem> problems)
    {
        var reader = new Reader(file, firstLine, problems);
        try
        {
            return reader.Read(yaml);
        }
        catch (YamlException e)
        {
            reader.ReportSyntax(yaml, (int)e.Start.Line, e.Message);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException)
        {
            // YamlDotNet's scanner throws these on some malformed texts, a tab inside an indentation among them.
            reader.ReportSyntax(yaml, null, "The text is malformed in this line or after it");
            return null;
        }
    }

    private sealed class Reader(string file, int firstLine, ICollection<Problem> problems)
    {
        private IParser _parser = null!;

        private int Line => LineOf(_parser.Current!.Start);

        public DefinitionNode? Read(string yaml)
        {
            _parser = new Parser(new Scanner(new StringReader(yaml), skipComments: true));
            _parser.MoveNext();
            _parser.MoveNext();
            if (_parser.Current is not DocumentStart)
                return DefinitionNode.OfMap(file, firstLine, []);

            _parser.MoveNext();
            var root = Node(1);
            _parser.MoveNext();
            if (_parser.Current is DocumentStart)
            {
                Report(
                    "yaml-documents",
                    "A second YAML document starts here. A file holds one definition: remove the '---', "
                    + "or move the rest to a file of its own.");
                return null;
            }

            return root.IsNull ? DefinitionNode.OfMap(file, firstLine, []) : root;
        }

        public void ReportSyntax(string yaml, int? errorLine, string message)
        {
            var lines = yaml.Split('\n');
            var lastRead = Math.Clamp((int)(_parser.Current?.Start.Line ?? 1), 1, lines.Length);
            var at = Math.Clamp(errorLine ?? lastRead, 1, lines.Length);
            var isTab = message.Contains("tab", StringComparison.OrdinalIgnoreCase);
            for (var line = Math.Min(lastRead, at); line <= (isTab ? lines.Length : Math.Min(at + 1, lines.Length)); line++)
            {
                var text = lines[line - 1];
                if (text[..^text.TrimStart().Length].Contains('\t', StringComparison.Ordinal))
                {
                    problems.Add(new Problem(
                        "yaml-tab",
                        "This line is indented with a tab. YAML is indented with spaces.",
                        file,
                        line + firstLine - 1));
                    return;
                }
            }

            var words = message.TrimEnd('.');
            problems.Add(new Problem(
                "yaml-syntax",
                $"This is not readable as YAML: {char.ToLowerInvariant(words[0])}{words[1..]}. {Advice(words)}",
                file,
                at + firstLine - 1));
        }

        private DefinitionNode Node(int depth)
        {
            var line = Line;
            if (_parser.Current is AnchorAlias alias)
            {
                Report(
                    "yaml-alias",
                    $"'*{alias.Value}' is an alias in YAML, and definitions have none. "
                    + "Write the value out; if it is a text that begins with *, put it in quotes.");
                _parser.MoveNext();
                return DefinitionNode.Refused(file, line);
            }

            if (_parser.Current is not NodeEvent node)
                throw new SemanticErrorException(_parser.Current!.Start, _parser.Current.End, "A value is missing");
            if (!node.Anchor.IsEmpty)
                Report(
                    "yaml-alias",
                    $"'&{node.Anchor}' is an anchor in YAML, and definitions have none. Remove it; if it is part of a text, "
                    + "put the text in quotes.");
            if (!node.Tag.IsEmpty)
                Report(
                    "yaml-tag",
                    $"'{node.Tag}' is a tag in YAML, and definitions have none. Remove it; if it is part of a text, "
                    + "put the text in quotes.");

            if (node is Scalar scalar)
            {
                _parser.MoveNext();
                return DefinitionNode.OfScalar(file, line, scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));
            }

            if (depth > MaxDepth)
            {
                Report("yaml-depth", $"This value is nested more than {MaxDepth} levels deep. No definition needs that.");
                SkipNode();
                return DefinitionNode.Refused(file, line);
            }

            _parser.MoveNext();
            return node is SequenceStart ? List(line, depth) : Map(line, depth);
        }

        private DefinitionNode List(int line, int depth)
        {
            var items = new List<DefinitionNode>();
            while (_parser.Current is not SequenceEnd)
                items.Add(Node(depth + 1));
            _parser.MoveNext();
            return DefinitionNode.OfList(file, line, items);
        }

        private DefinitionNode Map(int line, int depth)
        {
            var entries = new List<(string Key, DefinitionNode KeyNode, DefinitionNode Value)>();
            var lines = new Dictionary<string, int>(StringComparer.Ordinal);
            while (_parser.Current is not MappingEnd)
            {
                var key = Node(depth + 1);
                var value = Node(depth + 1);
                if (key.Scalar is null)
                {
                    if (!key.IsRefused)
                        problems.Add(new Problem(
                            "yaml-key",
                            $"The key {key.Excerpt} is a {(key.IsMap ? "mapping" : "list")}. A key is one word.",
                            file,
                            key.Line));
                }
                else if (lines.TryAdd(key.Scalar, key.Line))
                {
                    entries.Add((key.Scalar, key, value));
                }
                else
                {
                    problems.Add(new Problem(
                        "duplicate-key",
                        $"The key '{key.Scalar}' is here a second time; the first is in line {lines[key.Scalar]}. Keep one.",
                        file,
                        key.Line));
                }
            }

            _parser.MoveNext();
            return DefinitionNode.OfMap(file, line, entries);
        }

        private void SkipNode()
        {
            var open = 0;
            do
            {
                open += _parser.Current!.NestingIncrease;
                _parser.MoveNext();
            }
            while (open > 0);
        }

        private void Report(string code, string message) => problems.Add(new Problem(code, message, file, Line));

        private int LineOf(Mark mark) => (int)mark.Line + firstLine - 1;

        private static string Advice(string message) => message switch
        {
            _ when Has(message, "mapping values are not allowed") || Has(message, "plain scalar") =>
                "Put a value that contains ': ' in quotes, and start the keys of one mapping in one column.",
            _ when Has(message, "cannot start any token") => "Put a value that begins with @, ` or % in quotes.",
            _ when Has(message, "flow") => "A '[' needs its ']', a '{' its '}', and their members a comma between.",
            _ when Has(message, "quoted scalar") => "A text that begins with a quote ends with the same quote.",
            _ when Has(message, "simple key") => "After a key comes ': ' with a space, for example 'type: csv'.",
            _ when Has(message, "block") => "Start the keys of one mapping, and the dashes of one list, in one column.",
            _ => "Look for a '[', '{' or quote that is not closed, and put texts with special characters in quotes.",
        };

        private static bool Has(string message, string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
    }
}
