using System.Text.Json;
using Millrace.Serving;

namespace Millrace.Server.OpenInference;

internal static partial class InferenceJson
{
    /// <summary>Writes the answer: the outputs asked for in their order, or all.</summary>
    /// <remarks>
    /// Where the server named the predictions, since neither ids nor a request id came, their names are an output
    /// <c>prediction_id</c> of several rows, or
    /// a parameter <c>prediction_id</c> of one row. The parameter <c>logged_rows</c> counts rows that were answered before. NaN is
    /// written as null.
    /// </remarks>
    public static void Write(Utf8JsonWriter json, string name, InferenceRequest request, InferenceAnswer answer)
    {
        json.WriteStartObject();
        json.WriteString("model_name"u8, name);
        json.WriteString("model_version"u8, answer.Model.Version);
        if (request.Id is { } id)
            json.WriteString("id"u8, id);
        var isAsked = request.Wanted?.Contains(ModelSignature.PredictionId) ?? false;
        Parameters(json, request.IsUnnamed && answer.Rows == 1 && !isAsked, answer);
        json.WriteStartArray("outputs"u8);
        if (request.Wanted is { } wanted)
        {
            foreach (var one in wanted)
            {
                if (one == ModelSignature.PredictionId)
                    Write(json, answer.PredictionIds);
                else
                    Write(json, answer.Outputs.FirstOrDefault(o => o.Spec.Name == one) ?? throw Invalid(
                        $"The prediction was answered before by version {answer.Model.Version}, which has no output '{one}'."));
            }
        }
        else
        {
            foreach (var output in answer.Outputs)
                Write(json, output);
        }

        if (!isAsked && request.IsUnnamed && answer.Rows > 1)
            Write(json, answer.PredictionIds);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Parameters(Utf8JsonWriter json, bool namesRow, InferenceAnswer answer)
    {
        if (!namesRow && answer.LoggedBefore == 0)
            return;
        json.WriteStartObject("parameters"u8);
        if (namesRow)
            json.WriteString("prediction_id"u8, answer.PredictionIds.Text(0));
        if (answer.LoggedBefore > 0)
            json.WriteNumber("logged_rows"u8, answer.LoggedBefore);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TensorData tensor)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tensor.Spec.Name);
        json.WriteString("datatype"u8, tensor.Spec.Type.Word());
        json.WriteStartArray("shape"u8);
        json.WriteNumberValue(tensor.Rows);
        json.WriteNumberValue(tensor.Spec.Width);
        json.WriteEndArray();
        json.WriteStartArray("data"u8);
        switch (tensor.Spec.Type)
        {
            case TensorType.Float32:
                foreach (var value in tensor.Values<float>())
                {
                    if (float.IsFinite(value))
                        json.WriteNumberValue(value);
                    else
                        json.WriteNullValue();
                }

                break;
            case TensorType.Float64:
                foreach (var value in tensor.Values<double>())
                {
                    if (double.IsFinite(value))
                        json.WriteNumberValue(value);
                    else
                        json.WriteNullValue();
                }

                break;
            case TensorType.Bytes:
                for (var i = 0; i < tensor.Count; i++)
                {
                    if (tensor.IsMissing(i))
                        json.WriteNullValue();
                    else
                        json.WriteStringValue(tensor.Text(i));
                }

                break;
            default:
                for (var i = 0; i < tensor.Count; i++)
                    Whole(json, tensor, i);
                break;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Whole(Utf8JsonWriter json, TensorData tensor, int i)
    {
        switch (tensor.Spec.Type)
        {
            case TensorType.Bool:
                json.WriteBooleanValue(tensor.Values<byte>()[i] != 0);
                break;
            case TensorType.UInt8:
                json.WriteNumberValue((uint)tensor.Values<byte>()[i]);
                break;
            case TensorType.UInt16:
                json.WriteNumberValue((uint)tensor.Values<ushort>()[i]);
                break;
            case TensorType.UInt32:
                json.WriteNumberValue(tensor.Values<uint>()[i]);
                break;
            case TensorType.UInt64:
                json.WriteNumberValue(tensor.Values<ulong>()[i]);
                break;
            case TensorType.Int8:
                json.WriteNumberValue((int)tensor.Values<sbyte>()[i]);
                break;
            case TensorType.Int16:
                json.WriteNumberValue((int)tensor.Values<short>()[i]);
                break;
            case TensorType.Int32:
                json.WriteNumberValue(tensor.Values<int>()[i]);
                break;
            default:
                json.WriteNumberValue(tensor.Values<long>()[i]);
                break;
        }
    }
}
