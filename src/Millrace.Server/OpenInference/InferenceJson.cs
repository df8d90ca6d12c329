using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Serving;

namespace Millrace.Server.OpenInference;

/// <summary>The protocol's JSON: requests are read in one pass straight into tensors, answers written straight out of them.</summary>
internal static partial class InferenceJson
{
    private const int MaxRank = 4;

    /// <summary>Fills a request from a body.</summary>
    /// <exception cref="JsonException">The body is no JSON object of the protocol.</exception>
    /// <exception cref="ServingException">A tensor is not what the model takes.</exception>
    public static void Read(ReadOnlySpan<byte> body, InferenceRequest request)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 32 });
        Expect(ref reader, JsonTokenType.StartObject, "The request");
        var hasInputs = false;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                request.SetId(String(ref reader, "id"));
            }
            else if (reader.ValueTextEquals("inputs"u8))
            {
                if (hasInputs)
                    throw Invalid("'inputs' comes twice.");
                hasInputs = true;
                Expect(ref reader, JsonTokenType.StartArray, "'inputs'");
                for (var place = 0; Next(ref reader) == JsonTokenType.StartObject; place++)
                    ReadInput(ref reader, request, place);
                AtEnd(ref reader, "'inputs'");
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                Expect(ref reader, JsonTokenType.StartArray, "'outputs'");
                while (Next(ref reader) == JsonTokenType.StartObject)
                    ReadOutput(ref reader, request);
                AtEnd(ref reader, "'outputs'");
            }
            else
            {
                Pass(ref reader);
            }
        }

        if (reader.Read())
            throw new JsonException("Something follows after the request.");
        if (!hasInputs)
            throw Invalid("The request has no 'inputs'.");
    }

    private static void ReadInput(ref Utf8JsonReader reader, InferenceRequest request, int place)
    {
        string? name = null;
        string? datatype = null;
        Span<long> shape = stackalloc long[MaxRank];
        var rank = -1;
        var isRead = false;
        var hasData = false;
        Utf8JsonReader data = default;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                name = InputName(ref reader, request.Model.Signature, place);
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                datatype = Datatype(ref reader);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                rank = Shape(ref reader, shape, name);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                if (isRead || hasData)
                    throw Invalid($"Input '{name}' has 'data' twice.");
                Next(ref reader);
                if (name is not null && datatype is not null && rank >= 0)
                {
                    ReadData(ref reader, request.AddInput(name, datatype, shape[..rank]), shape[..rank]);
                    isRead = true;
                }
                else
                {
                    // What the elements are stands behind them: come back when it is known.
                    hasData = true;
                    data = reader;
                    reader.Skip();
                }
            }
            else
            {
                Pass(ref reader);
            }
        }

        if (isRead)
            return;
        if (name is null)
            throw Invalid("An input has no 'name'.");
        if (datatype is null)
            throw Invalid($"Input '{name}' has no 'datatype'.");
        if (rank < 0)
            throw Invalid($"Input '{name}' has no 'shape'.");
        var writer = request.AddInput(name, datatype, shape[..rank]);
        if (!hasData)
            throw Invalid($"Input '{name}' has no 'data'.");
        ReadData(ref data, writer, shape[..rank]);
    }

    private static void ReadOutput(ref Utf8JsonReader reader, InferenceRequest request)
    {
        string? name = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                name = String(ref reader, "name");
            else
                Pass(ref reader);
        }

        request.Want(name ?? throw Invalid("An output that is asked for has no 'name'."));
    }

    /// <summary>Elements in row-major order, flat or nested as the shape says.</summary>
    private static void ReadData(ref Utf8JsonReader reader, TensorWriter writer, scoped ReadOnlySpan<long> shape)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Invalid($"Input '{writer.Name}': 'data' is no array.");
        Span<long> counts = stackalloc long[MaxRank + 1];
        counts.Clear();
        var depth = 1;
        var isNested = false;
        while (true)
        {
            switch (Next(ref reader))
            {
                case JsonTokenType.StartArray:
                    if (depth >= shape.Length || (!isNested && writer.Count > 0))
                        throw NotNested(writer, shape);
                    isNested = true;
                    counts[depth]++;
                    counts[++depth] = 0;
                    continue;
                case JsonTokenType.EndArray:
                    if (isNested && counts[depth] != shape[depth - 1])
                        throw writer.Count < writer.Expected && depth == 1 ? writer.WrongCount(writer.Count) : NotNested(writer, shape);
                    if (--depth > 0)
                        continue;
                    if (writer.Count != writer.Expected)
                        throw writer.WrongCount(writer.Count);
                    return;
                case JsonTokenType.StartObject:
                    throw writer.Wrong("an object");
                default:
                    if (isNested && depth != shape.Length)
                        throw NotNested(writer, shape);
                    counts[depth]++;
                    ReadElement(ref reader, writer);
                    continue;
            }
        }
    }

    private static void ReadElement(ref Utf8JsonReader reader, TensorWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when writer.Given == TensorType.Float32:
                _ = reader.TryGetSingle(out var single);
                writer.Single(single);
                break;
            case JsonTokenType.Number when writer.Given == TensorType.Float64:
                _ = reader.TryGetDouble(out var number);
                writer.Double(number);
                break;
            case JsonTokenType.Number when reader.TryGetInt64(out var whole):
                writer.Integer(whole);
                break;
            case JsonTokenType.Number when reader.TryGetUInt64(out var large):
                writer.Unsigned(large);
                break;
            case JsonTokenType.Number:
                _ = reader.TryGetDouble(out var written);
                writer.Double(written);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.Boolean(reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.Null:
                writer.Missing();
                break;
            default:
                ReadText(ref reader, writer);
                break;
        }
    }

    private static void ReadText(ref Utf8JsonReader reader, TensorWriter writer)
    {
        if (!reader.ValueIsEscaped)
        {
            writer.Text(Utf8.IsValid(reader.ValueSpan) ? reader.ValueSpan : throw writer.Wrong("a text that is not UTF-8"));
            return;
        }

        var text = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            writer.Text(text.AsSpan(0, reader.CopyString(text)));
        }
        catch (InvalidOperationException)
        {
            throw writer.Wrong("a text that is not Unicode");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static int Shape(ref Utf8JsonReader reader, scoped Span<long> shape, string? name)
    {
        Expect(ref reader, JsonTokenType.StartArray, "'shape'");
        var rank = 0;
        while (Next(ref reader) == JsonTokenType.Number)
        {
            if (!reader.TryGetInt64(out var size) || size < 0)
                throw Invalid($"Input '{name}': its shape has a dimension that is no whole number from 0.");
            if (rank == MaxRank)
                throw Invalid($"Input '{name}': its shape has more than {MaxRank} dimensions.");
            shape[rank++] = size;
        }

        AtEnd(ref reader, "'shape'");
        return rank;
    }

    /// <summary>The model's own text of a name where it has it, so that no new one is made for each request. Inputs mostly come in
    /// the model's order.</summary>
    private static string InputName(ref Utf8JsonReader reader, ModelSignature signature, int place)
    {
        Expect(ref reader, JsonTokenType.String, "'name'");
        if (place < signature.Inputs.Count && reader.ValueTextEquals(signature.Inputs[place].Name))
            return signature.Inputs[place].Name;
        foreach (var input in signature.Inputs)
        {
            if (reader.ValueTextEquals(input.Name))
                return input.Name;
        }

        return Text(ref reader);
    }

    private static string Datatype(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.String, "'datatype'");
        if (reader.ValueTextEquals("FP32"u8))
            return "FP32";
        if (reader.ValueTextEquals("FP64"u8))
            return "FP64";
        if (reader.ValueTextEquals("INT64"u8))
            return "INT64";
        if (reader.ValueTextEquals("BYTES"u8))
            return "BYTES";
        return reader.ValueTextEquals("BOOL"u8) ? "BOOL" : Text(ref reader);
    }

    private static string String(ref Utf8JsonReader reader, string member)
    {
        Expect(ref reader, JsonTokenType.String, $"'{member}'");
        return Text(ref reader);
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("A text is not Unicode.");
        }
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("It "
        + "ends too early.");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        var given = Next(ref reader);
        if (given != type)
            throw new JsonException($"{what} must be {Name(type)} and is {Name(given)}.");
    }

    private static void AtEnd(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType != JsonTokenType.EndArray)
            throw new JsonException($"{what} holds {Name(reader.TokenType)}, which does not belong there.");
    }

    private static void Pass(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        reader.Skip();
    }

    private static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => "something else",
    };

    private static ServingException NotNested(TensorWriter writer, scoped ReadOnlySpan<long> shape) => Invalid(
        $"Input '{writer.Name}': 'data' is nested otherwise than its shape [{string.Join(",", shape.ToArray())}] says. Send it flat, "
            + $"or nested as the shape.");

    private static ServingException Invalid(string message) => new(Refusal.Invalid, message);
}
