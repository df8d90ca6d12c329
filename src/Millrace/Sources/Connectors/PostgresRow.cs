using System.Data;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Assets;
using Npgsql;

namespace Millrace.Sources.Connectors;

/// <summary>The columns of a table or query, and how their values in the server's text form become JSON.</summary>
internal sealed class PostgresRow
{
    private readonly PostgresType[] _types;
    private readonly DataType?[] _wanted;
    private readonly JsonEncodedText[] _names;

    private PostgresRow(IReadOnlyList<string> names, PostgresType[] types, SourceDefinition source)
    {
        Names = names;
        _types = types;
        _wanted = [.. names.Select(n => source.Columns.FirstOrDefault(c => c.Name.Equals(n, StringComparison.OrdinalIgnoreCase))?.Type)];
        _names = [.. names.Select(n => JsonEncodedText.Encode(n))];
    }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The columns that a SELECT gives.</summary>
    public static PostgresRow Of(NpgsqlConnection connection, string select, SourceDefinition source)
    {
        var (names, oids) = (new List<string>(), new List<uint>());
        using (var command = new NpgsqlCommand(select, connection))
        using (var reader = command.ExecuteReader(CommandBehavior.SchemaOnly))
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                names.Add(reader.GetName(i));
                oids.Add(reader.GetDataTypeOID(i));
            }
        }

        return Of(connection, names, oids, source);
    }

    /// <summary>Columns of known names and types.</summary>
    public static PostgresRow Of(NpgsqlConnection connection, IReadOnlyList<string> names, IReadOnlyList<uint> oids, SourceDefinition source)
    {
        var types = PostgresType.Load(connection, oids);
        return new PostgresRow(names, [.. oids.Select(o => types[o])], source);
    }

    public int IndexOf(string name) => Enumerable.Range(0, Names.Count).First(i => Names[i].Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>True when values are compared by a collation.</summary>
    public bool IsText(int column) => _types[column].Category == 'S';

    /// <summary>Writes the members of one row.</summary>
    public void Write(Utf8JsonWriter json, PostgresCopy copy)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            var value = copy.Field(out var isNull);
            if (isNull)
                json.WriteNull(_names[i]);
            else
                Write(json, i, value);
        }
    }

    /// <summary>Writes one member.</summary>
    public void Write(Utf8JsonWriter json, int column, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(_names[column]);
        if (!Utf8.IsValid(value))
            throw new SourceException($"A value of the column '{Names[column]}' is no UTF-8: the database stores bytes that it does not know the letters of (SQL_ASCII). Convert them in a query.");
        var wanted = _wanted[column];
        if (_types[column].Element is not null && wanted is not { IsNested: true })
        {
            // Where the contract wants a text, a list is the text of its JSON.
            using var text = new MemoryStream();
            using (var inner = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                _types[column].Write(inner, value, wanted);
            json.WriteStringValue(text.GetBuffer().AsSpan(0, (int)text.Length));
            return;
        }

        _types[column].Write(json, value, wanted);
    }

    public void WriteNull(Utf8JsonWriter json, int column) => json.WriteNull(_names[column]);
}

/// <summary>A type of the server: how its text form becomes JSON.</summary>
/// <param name="Oid">The server's number of the base type.</param>
/// <param name="Category">The server's letter of its kind: <c>S</c> for texts.</param>
/// <param name="Element">The type of an array's elements; null for other types.</param>
/// <param name="Delimiter">What parts an array's elements.</param>
internal sealed record PostgresType(uint Oid, char Category, PostgresType? Element, char Delimiter)
{
    private const uint Bool = 16, Bytea = 17, Int8 = 20, Int2 = 21, Int4 = 23, OidType = 26, Json = 114, Float4 = 700, Float8 = 701, Money = 790, Jsonb = 3802;

    /// <summary>Asks for types with all that they are made of; a domain counts as its base type.</summary>
    public static Dictionary<uint, PostgresType> Load(NpgsqlConnection connection, IEnumerable<uint> oids)
    {
        var found = new Dictionary<uint, (string Kind, string Category, uint Element, uint Base, string Delimiter)>();
        for (var missing = oids.Distinct().ToArray(); missing.Length > 0;)
        {
            using var command = new NpgsqlCommand(
                "SELECT t.oid::int8, t.typtype::text, t.typcategory::text, CASE WHEN t.typcategory = 'A' AND t.typlen = -1 AND t.typname NOT IN ('int2vector', 'oidvector') THEN t.typelem ELSE 0 END::int8, "
                + "t.typbasetype::int8, coalesce(e.typdelim, ',')::text "
                + "FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem WHERE t.oid = ANY($1::int8[]::oid[])",
                connection);
            command.Parameters.Add(new NpgsqlParameter { Value = missing.Select(o => (long)o).ToArray() });
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                    found[(uint)reader.GetInt64(0)] = (reader.GetString(1), reader.GetString(2), (uint)reader.GetInt64(3), (uint)reader.GetInt64(4), reader.GetString(5));
            }

            foreach (var oid in missing)
                found.TryAdd(oid, ("b", "U", 0, 0, ","));
            missing = [.. found.Values.SelectMany(f => (uint[])[f.Element, f.Base]).Where(o => o != 0 && !found.ContainsKey(o)).Distinct()];
        }

        PostgresType Make(uint oid)
        {
            var type = found[oid];
            if (type.Kind == "d")
                return Make(type.Base);
            return new PostgresType(oid, type.Category[0], type.Element == 0 ? null : Make(type.Element), type.Delimiter[0]);
        }

        return oids.Distinct().ToDictionary(o => o, Make);
    }

    /// <summary>Writes a value.</summary>
    /// <param name="wanted">The contract's type, which decides how bytes and JSON are told; null where the contract has none.</param>
    public void Write(Utf8JsonWriter json, ReadOnlySpan<byte> value, DataType? wanted)
    {
        if (Element is not null)
        {
            var at = 0;
            Array(json, value, ref at, wanted is { IsNested: true } ? wanted.Children[0].Type : null);
            return;
        }

        switch (Oid)
        {
            case Bool:
                json.WriteBooleanValue(value is [(byte)'t', ..]);
                break;
            case Int2 or Int4 or Int8 or OidType:
                json.WriteRawValue(value, skipInputValidation: true);
                break;
            case Float4 or Float8 when value[^1] is >= (byte)'0' and <= (byte)'9':
                json.WriteRawValue(value, skipInputValidation: true);
                break;
            case Bytea when wanted == DataType.Binary && value.StartsWith("\\x"u8):
                json.WriteStringValue(JsonLines.BlobText(Convert.FromHexString(Encoding.ASCII.GetString(value[2..]))));
                break;
            case Json or Jsonb when wanted is { IsNested: true }:
                using (var document = JsonDocument.Parse(value.ToArray()))
                    document.RootElement.WriteTo(json);
                break;
            case Money:
                json.WriteStringValue(string.Concat(Encoding.ASCII.GetString(value).Where(c => char.IsAsciiDigit(c) || c is '.' or '-')));
                break;
            default:
                json.WriteStringValue(value);
                break;
        }
    }

    /// <summary>Reads <c>{1,NULL,"a\"b",{...}}</c>; bounds such as <c>[0:1]=</c> in front are left out, since a list begins where it begins.</summary>
    private void Array(Utf8JsonWriter json, ReadOnlySpan<byte> text, ref int at, DataType? wanted)
    {
        if (text[at] == '[')
            at += text[at..].IndexOf((byte)'=') + 1;
        json.WriteStartArray();
        at++;
        while (text[at] != '}')
        {
            if (text[at] == Delimiter)
            {
                at++;
            }
            else if (text[at] == '{')
            {
                Array(json, text, ref at, wanted is { IsNested: true } ? wanted.Children[0].Type : null);
            }
            else if (text[at] == '"')
            {
                Element!.Write(json, Quoted(text, ref at), wanted);
            }
            else
            {
                var length = text[at..].IndexOfAny((byte)Delimiter, (byte)'}');
                var item = text.Slice(at, length);
                at += length;
                if (item.SequenceEqual("NULL"u8))
                    json.WriteNullValue();
                else
                    Element!.Write(json, item, wanted);
            }
        }

        at++;
        json.WriteEndArray();
    }

    private static byte[] Quoted(ReadOnlySpan<byte> text, ref int at)
    {
        var value = new List<byte>();
        for (at++; text[at] != '"'; at++)
        {
            if (text[at] == '\\')
                at++;
            value.Add(text[at]);
        }

        at++;
        return [.. value];
    }
}
