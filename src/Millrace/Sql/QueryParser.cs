using System.Globalization;
using System.Text.Json;
using Millrace.Native;

namespace Millrace.Sql;

/// <summary>Turns texts into syntax trees with the engine's own parser. Nothing is run and nothing is looked up.</summary>
/// <remarks>Keeps one small engine open. Safe to use from several threads, which take turns.</remarks>
public sealed class QueryParser : IDisposable
{
    private const int MaxTextsAtOnce = 512;
    private const int MinTextsForThreads = 64;

    private readonly Lock _turn = new();
    private readonly DuckDatabase _database;
    private readonly DuckConnection _connection;
    private readonly DuckStatement _serialize;

    /// <summary>Opens the engine, which takes some tens of milliseconds.</summary>
    public QueryParser()
    {
        _database = DuckDatabase.Open(new Dictionary<string, string>(SqlSettings.Sealed) { ["threads"] = "1", ["memory_limit"] = "512MB" });
        _connection = _database.Connect();

        // Not skip_empty: it drops empty members of lists too, such as the empty grouping set.
        _serialize = _connection.Prepare("SELECT json_serialize_sql(unnest($1::VARCHAR[]), skip_null := true, skip_default := true)");
    }

    /// <summary>Parses one text.</summary>
    public ParseResult Parse(string text) => ParseMany([text])[0];

    /// <summary>Parses many texts in few round trips to the engine.</summary>
    /// <returns>One result a text, in the order of the texts.</returns>
    public IReadOnlyList<ParseResult> ParseMany(IReadOnlyList<string> texts)
    {
        var sources = new SqlText[texts.Count];
        for (var i = 0; i < sources.Length; i++)
            sources[i] = new SqlText(texts[i]);

        var trees = new byte[sources.Length][];
        lock (_turn)
        {
            for (var first = 0; first < sources.Length; first += MaxTextsAtOnce)
                Serialize(sources.AsSpan(first, Math.Min(MaxTextsAtOnce, sources.Length - first)), trees.AsSpan(first));
        }

        var results = new ParseResult[sources.Length];
        if (sources.Length < MinTextsForThreads)
        {
            var scan = new QueryScan();
            for (var i = 0; i < results.Length; i++)
                results[i] = Read(trees[i], sources[i], scan);
        }
        else
        {
            Parallel.For(0, results.Length, () => new QueryScan(), (i, _, scan) =>
            {
                results[i] = Read(trees[i], sources[i], scan);
                return scan;
            }, _ => { });
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _serialize.Dispose();
        _connection.Dispose();
        _database.Dispose();
    }

    private void Serialize(ReadOnlySpan<SqlText> sources, Span<byte[]> trees)
    {
        var texts = new string[sources.Length];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = sources[i].ToParameters();

        _serialize.Bind(1, texts);
        using var result = _serialize.Query();
        var next = 0;
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            var column = chunk[0];
            for (var row = 0; row < chunk.Rows; row++)
                trees[next++] = column.Bytes(row).ToArray();
        }
    }

    private static ParseResult Read(byte[] json, SqlText source, QueryScan scan)
    {
        var root = JsonDocument.Parse(json, Tree.Options).RootElement;
        if (root.IsTrue("error"u8))
            return new ParseResult(Error(root, source));

        return root.Count("statements"u8) switch
        {
            0 => new ParseResult(new SqlError("The text is empty. An asset is one SELECT.", 1, 1)),
            1 when root.GetProperty("statements"u8)[0].Has("node"u8, out var node) => new ParseResult(scan.Read(node, source)),
            var count => new ParseResult(new SqlError($"The text has {count} statements. An asset is one SELECT.", 1, 1)),
        };
    }

    private static SqlError Error(JsonElement root, SqlText source)
    {
        var message = root.Text("error_message"u8);
        if (root.Is("error_type"u8, "not implemented"u8))
        {
            return new SqlError(
                source.Text.Contains("pivot", StringComparison.OrdinalIgnoreCase)
                    ? "The text is no single SELECT. An asset is one SELECT; a PIVOT must list its values, "
                        + "as in 'PIVOT t ON year IN (2025, 2026) USING sum(amount)'."
                    : "The text is no SELECT. An asset is one SELECT, and Millrace creates and fills its table.",
                1, 1);
        }

        // The engine saw '$name', and in some places only the '$'.
        foreach (var variable in source.Variables)
            message = message.Replace("$" + variable, "@" + variable, StringComparison.Ordinal);
        if (source.Variables.Count > 0)
            message = message.Replace("\"$\"", "\"@\"", StringComparison.Ordinal);

        var text = source.Text;
        var place = int.TryParse(root.Text("position"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? CharOfRune(text, position)
            : 0;
        var lineStart = place == 0 ? 0 : text.LastIndexOf('\n', Math.Min(place, text.Length) - 1) + 1;
        return new SqlError(message, 1 + text.AsSpan(0, lineStart).Count('\n'), 1 + place - lineStart);
    }

    /// <summary>The engine counts a syntax error's position in code points.</summary>
    private static int CharOfRune(string text, int position)
    {
        var at = 0;
        for (var rune = 0; rune < position && at < text.Length; rune++)
            at += char.IsHighSurrogate(text[at]) ? 2 : 1;
        return Math.Min(at, text.Length);
    }
}
