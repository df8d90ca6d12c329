using System.Text;
using System.Text.Json;
using Millrace.Sources.Contract;

namespace Millrace.Sources.Formats;

/// <summary>JSON objects: one a line, or in an array, or one behind the other.</summary>
/// <remarks>
/// Numbers stay the text that they are in the file, so that a decimal or a 64-bit integer loses nothing. A key that is missing and a null both
/// are no value; an empty text is a text. What is nested is kept as its JSON text.
/// </remarks>
/// <param name="name">The word of <c>type:</c>.</param>
/// <param name="isLines">True when every line is a record.</param>
internal sealed class JsonFormat(string name, bool isLines) : IFormat
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public RowReader Open(ReadRequest request)
    {
        var names = request.Source.Columns.Select(c => c.Name).ToList();
        if (request.Source.Contract.Columns is not (ContractMode.Freeze or ContractMode.Ignore))
            AddKeys(request, names);
        var copies = new List<(string Path, string Name)>();
        var malformed = new List<string>();
        for (var i = 0; i < request.Files.Count; i++)
        {
            var file = request.Files[i];
            var plain = PlainText.Of(file, "utf-8", request.Scratch, i, request.CancellationToken);
            using var copy = new RawCopy(request.Scratch, i, file.Name);
            using (var records = new JsonRecords(File.OpenRead(plain), file.Name, isLines))
                Copy(request, file, records, copy, names);
            copy.Dispose();
            if (plain != file.Path)
                File.Delete(plain);
            copies.Add((copy.Path, file.Name));
            if (copy.MalformedPath is { } path)
                malformed.Add(path);
        }

        return ContractReader.OfCopies(request, names, copies, malformed);
    }

    /// <summary>Adds the keys that the contract lacks, in the order in which they come.</summary>
    private void AddKeys(ReadRequest request, List<string> names)
    {
        for (var i = 0; i < request.Files.Count; i++)
        {
            var plain = PlainText.Of(request.Files[i], "utf-8", request.Scratch, i, request.CancellationToken);
            using (var records = new JsonRecords(File.OpenRead(plain), request.Files[i].Name, isLines))
            {
                var row = new JsonRow(names);
                while (records.Read())
                {
                    request.CancellationToken.ThrowIfCancellationRequested();
                    while (records.Error is null && row.Parse(records.Raw) is null && row.Unknown is { } key)
                    {
                        names.Add(key);
                        row = new JsonRow(names);
                    }
                }
            }

            if (plain != request.Files[i].Path)
                File.Delete(plain);
        }

        ContractNames.Check(request.Source, request.Files[0].Name, names, () => "", _ => null);
    }

    private static void Copy(ReadRequest request, InputFile file, JsonRecords records, RawCopy copy, List<string> names)
    {
        var record = new JsonRow(names);
        for (var count = 0; records.Read(); count++)
        {
            if (count % 4096 == 0)
                request.CancellationToken.ThrowIfCancellationRequested();
            if ((records.Error ?? record.Parse(records.Raw)) is { } error)
            {
                copy.Malformed(records.Line, error, records.Raw, records.Length);
                continue;
            }

            if (record.Unknown is { } unknown && request.Source.Contract.Columns == ContractMode.Freeze)
                throw ContractNames.Frozen(request.Source, FormattableString.Invariant($"{file.Name}:{records.Line}"), [unknown], Shown(records.Raw));

            copy.Begin(records.Line);
            record.Write(records.Raw, copy);
            copy.End();
        }
    }

    private static string Shown(ReadOnlySpan<byte> record) => Encoding.UTF8.GetString(record.Length > 200 ? record[..200] : record) + (record.Length > 200 ? "..." : "");

    /// <summary>One object, its values found by the columns' names.</summary>
    private sealed class JsonRow(List<string> names)
    {
        private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

        private readonly Dictionary<string, int> _exact = names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i, StringComparer.Ordinal);
        private readonly Dictionary<string, int> _loose = names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i, StringComparer.OrdinalIgnoreCase);
        private readonly Token[] _tokens = new Token[names.Count];
        private byte[] _text = new byte[256];

        /// <summary>The first key that is no column; null when there is none.</summary>
        public string? Unknown { get; private set; }

        /// <summary>Finds the values.</summary>
        /// <returns>Why the record is malformed, or null.</returns>
        public string? Parse(ReadOnlySpan<byte> json)
        {
            Unknown = null;
            Array.Clear(_tokens);
            try
            {
                var reader = new Utf8JsonReader(json, Options);
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartObject)
                    return "it is no JSON object";
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    var isKnown = _exact.TryGetValue(key, out var column) || _loose.TryGetValue(key, out column);
                    reader.Read();
                    var start = (int)reader.TokenStartIndex;
                    var type = reader.TokenType;
                    var isEscaped = type == JsonTokenType.String && reader.ValueIsEscaped;
                    if (isEscaped)
                        _ = reader.GetString();
                    reader.Skip();
                    if (!isKnown)
                        Unknown ??= key;
                    else if (_tokens[column].Type != JsonTokenType.None)
                        return $"it names '{key}' twice";
                    else
                        _tokens[column] = new Token(type, start, (int)reader.BytesConsumed - start, isEscaped);
                }

                while (reader.Read())
                {
                }

                return null;
            }
            catch (JsonException e)
            {
                return "it is no JSON: " + e.Message.Split(". Path")[0].Split(" LineNumber")[0].TrimEnd('.');
            }
            catch (InvalidOperationException)
            {
                return "it holds half a surrogate pair, or bytes that are no UTF-8";
            }
        }

        /// <summary>Writes the values in the columns' order.</summary>
        public void Write(ReadOnlySpan<byte> json, RawCopy copy)
        {
            foreach (var token in _tokens)
            {
                var text = json.Slice(token.Start, token.Length);
                if (token.Type is JsonTokenType.None or JsonTokenType.Null)
                    copy.Null();
                else if (token.Type != JsonTokenType.String)
                    copy.Value(text);
                else if (!token.IsEscaped)
                    copy.Value(text[1..^1]);
                else
                    copy.Value(Unescaped(text));
            }
        }

        private ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> token)
        {
            if (_text.Length < token.Length)
                _text = new byte[token.Length * 2];
            var reader = new Utf8JsonReader(token);
            reader.Read();
            return _text.AsSpan(0, reader.CopyString(_text));
        }

        private readonly record struct Token(JsonTokenType Type, int Start, int Length, bool IsEscaped);
    }
}
