using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>
/// The claim that plans stand on: equal fingerprints mean equal rows. Every construct is changed token by token; where a changed text keeps a
/// fingerprint, the engine must give the same values on real rows.
/// </summary>
public sealed partial class FingerprintSoundnessTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Values = new() { ["rate"] = "0.2", ["start"] = "TIMESTAMP '2026-01-01'" };

    private static readonly string[][] Swaps =
    [
        ["a", "b", "x", "d", "c", "y", "k", "id"], ["t", "u"], ["min", "max", "sum", "count", "first", "last"], ["ASC", "DESC"], ["UNION", "EXCEPT", "INTERSECT"],
        ["ALL", ""], ["DISTINCT", ""], ["LEFT", "RIGHT", "FULL", "SEMI", "ANTI", ""], ["AND", "OR"], [">", "<", ">=", "=", "<>"], ["+", "-", "*"], ["NOT", ""],
        ["1", "2", "3"], ["EXISTS", "NOT EXISTS"], ["IN", "NOT IN"], ["'x'", "'y'"], ["NULLS FIRST", ""], ["PARTITION", ""], ["RECURSIVE", ""], ["BY NAME", ""],
        ["WHERE", "WHERE NOT"], ["f", "g"], ["p", "q"], ["r", "s"], ["s", "m"], ["INCLUDE", ""], ["HAVING", "HAVING NOT"], ["MATERIALIZED", ""],
    ];

    [Fact]
    public void A_changed_text_with_equal_fingerprints_gives_equal_values()
    {
        using var database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "1" });
        using var connection = database.Connect();
        connection.Execute(
            """
            CREATE TABLE t AS SELECT (i * 7) % 5 AS a, (i * 3) % 4 AS b, chr(CAST(120 + i % 3 AS INTEGER)) AS c, (i % 6)::DOUBLE AS d FROM range(12) r(i);
            CREATE TABLE u AS SELECT i % 4 AS a, (i * 5) % 7 AS x, chr(CAST(120 + i % 4 AS INTEGER)) AS y FROM range(9) r(i);
            INSERT INTO t VALUES (NULL, 1, 'x', NULL), (2, NULL, NULL, 3);
            INSERT INTO u VALUES (NULL, 2, 'y'), (1, NULL, NULL);
            CREATE TABLE n AS SELECT i AS id, {'f': i % 2, 'g': 'g' || i} AS s, [i, i + 1, 5] AS l, '{"p": ' || i || ', "q": "z"}' AS j FROM range(4) r(i);
            CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT i AS id, i * 1.5::DOUBLE AS amount FROM range(3) r(i);
            """);

        var (compared, kept) = (0, 0);
        var wrong = new List<string>();
        foreach (var row in SqlConstructTests.Cases)
        {
            var sql = row.Data.Item1;
            var one = Lineage.Analyze(sql);
            if (Run(connection, sql) is not { } before)
                continue;

            var texts = Changed(sql).Distinct().ToArray();
            var parsed = Lineage.Parser.ParseMany(texts);
            for (var i = 0; i < texts.Length; i++)
            {
                if (parsed[i].Query is not { } query || Run(connection, texts[i]) is not { } after)
                    continue;

                var two = QueryAnalyzer.Analyze(query, Lineage.Parents, Values);
                compared++;
                if (two.IsResolved && !two.Columns.Select(c => c.Name).SequenceEqual(after.Select(c => c.Name), StringComparer.OrdinalIgnoreCase) && !two.Columns.Any(c => c.Name.Length == 0))
                    wrong.Add($"columns {string.Join(",", two.Columns.Select(c => c.Name))} instead of {string.Join(",", after.Select(c => c.Name))}: {texts[i]}");
                if (one.Rows != two.Rows)
                    continue;

                for (var c = 0; c < one.Columns.Count && c < two.Columns.Count && two.Columns.Count == after.Count; c++)
                {
                    if (one.Columns[c].Fingerprint != two.Columns[c].Fingerprint)
                        continue;
                    kept++;
                    if (before[c].Values != after[c].Values)
                        wrong.Add($"column {c} keeps its fingerprint:\n  {sql}\n  {texts[i]}\n  {before[c].Values}\n  {after[c].Values}");
                }

                if (before.Count > 0 && after.Count > 0 && before[0].Values.Count('|') != after[0].Values.Count('|'))
                    wrong.Add($"rows keep their fingerprint:\n  {sql}\n  {texts[i]}");
            }
        }

        output.WriteLine($"{compared} changed texts ran; {kept} columns kept their fingerprint; {wrong.Count} wrong");
        Assert.True(compared > 1000);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Take(12)));
    }

    private static IEnumerable<string> Changed(string sql)
    {
        var tokens = Token().Matches(sql).Select(m => m.Value).ToArray();
        for (var i = 0; i < tokens.Length; i++)
        {
            foreach (var group in Swaps.Where(g => g.Contains(tokens[i], StringComparer.OrdinalIgnoreCase)))
            {
                foreach (var other in group.Where(w => !w.Equals(tokens[i], StringComparison.OrdinalIgnoreCase)))
                    yield return string.Join(" ", [.. tokens[..i], other, .. tokens[(i + 1)..]]);
            }

            // Words that are nowhere yet.
            if (tokens[i].Equals("SELECT", StringComparison.OrdinalIgnoreCase))
                yield return string.Join(" ", [.. tokens[..(i + 1)], "DISTINCT", .. tokens[(i + 1)..]]);
            if (tokens[i].Equals("JOIN", StringComparison.OrdinalIgnoreCase))
                yield return string.Join(" ", [.. tokens[..i], "LEFT", .. tokens[i..]]);
            if (tokens[i] == ")")
            {
                yield return string.Join(" ", [.. tokens[..i], "LIMIT 2", .. tokens[i..]]);
                yield return string.Join(" ", [.. tokens[..i], "ORDER BY 1 DESC LIMIT 1", .. tokens[i..]]);
            }
        }
    }

    private static List<(string Name, string Values)>? Run(DuckConnection connection, string sql)
    {
        // A changed recursion may never end.
        using var alarm = new Timer(_ => connection.Interrupt(), null, 300, 100);
        try
        {
            using var result = connection.Query(new SqlText(sql).Bind(Values));
            var names = result.Columns.Select(c => c.Name).ToArray();
            var rows = result.Rows().Select(r => r.Select(Text).ToArray()).ToArray();
            return [.. names.Select((n, i) => (n, string.Join("|", rows.Select(r => r[i]).Order(StringComparer.Ordinal))))];
        }
        catch (DuckException)
        {
            return null;
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "NULL",
        object?[] list => $"[{string.Join(",", list.Select(Text))}]",
        IReadOnlyDictionary<string, object?> fields => $"{{{string.Join(",", fields.Select(f => $"{f.Key}:{Text(f.Value)}"))}}}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    [GeneratedRegex(@"'[^']*'|BY NAME|NULLS FIRST|@\w+|#\d+|\w+|->>|->|:=|::|<>|>=|<=|\S")]
    private static partial Regex Token();
}
