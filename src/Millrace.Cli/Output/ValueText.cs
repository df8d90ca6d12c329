using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Native;

namespace Millrace.Cli.Output;

/// <summary>One value of a query's result as text: what SQL would show, and JSON for what SQL has no flat text for.</summary>
internal static class ValueText
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a value; null for NULL. It reads back as the same value; lists, structs and maps are JSON.</summary>
    public static string? Of(object? value) => value switch
    {
        null => null,
        string s => s,
        bool b => b ? "true" : "false",
        DateTime t => t.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset t => t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF'+00'", CultureInfo.InvariantCulture),
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        DuckInterval i => Interval(i),
        byte[] bytes => "\\x" + Convert.ToHexStringLower(bytes),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => Nested(value),
    };

    /// <summary>Writes a value as JSON. Numbers of any size are numbers; NaN and infinity, which JSON has no word for, are texts.</summary>
    public static void Write(Utf8JsonWriter to, object? value)
    {
        switch (value)
        {
            case null:
                to.WriteNullValue();
                break;
            case bool b:
                to.WriteBooleanValue(b);
                break;
            case double d when double.IsFinite(d):
                to.WriteNumberValue(d);
                break;
            case float f when float.IsFinite(f):
                to.WriteNumberValue(f);
                break;
            case decimal or sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger:
                to.WriteRawValue(Of(value)!);
                break;
            case DateTime t:
                to.WriteStringValue(t.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset t:
                to.WriteStringValue(t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
                break;
            case IReadOnlyDictionary<string, object?> fields:
                to.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    to.WritePropertyName(name);
                    Write(to, field);
                }

                to.WriteEndObject();
                break;
            case IReadOnlyList<KeyValuePair<object?, object?>> entries:
                to.WriteStartArray();
                foreach (var (key, entry) in entries)
                {
                    to.WriteStartObject();
                    to.WritePropertyName("key");
                    Write(to, key);
                    to.WritePropertyName("value");
                    Write(to, entry);
                    to.WriteEndObject();
                }

                to.WriteEndArray();
                break;
            case IEnumerable list and not string and not byte[]:
                to.WriteStartArray();
                foreach (var element in list)
                    Write(to, element);
                to.WriteEndArray();
                break;
            default:
                to.WriteStringValue(Of(value));
                break;
        }
    }

    private static string Nested(object value)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, Compact))
            Write(writer, value);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static string Interval(DuckInterval interval)
    {
        var parts = new List<string>();
        var (years, months) = (interval.Months / 12, interval.Months % 12);
        foreach (var (count, unit) in new[] { (years, "year"), (months, "month"), (interval.Days, "day") })
        {
            if (count != 0)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(Math.Abs(count) == 1 ? "" : "s")}"));
        }

        if (interval.Micros != 0 || parts.Count == 0)
        {
            var micros = UInt128.CreateChecked(Int128.Abs(interval.Micros));
            var (seconds, rest) = UInt128.DivRem(micros, 1_000_000);
            var fraction = rest == 0 ? "" : "." + rest.ToString("000000", CultureInfo.InvariantCulture).TrimEnd('0');
            parts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{(interval.Micros < 0 ? "-" : "")}{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}{fraction}"));
        }

        return string.Join(' ', parts);
    }
}
