using System.Globalization;

namespace Millrace.Serving;

/// <summary>Takes the elements of one input as a client sends them, and stores them as the model wants them: without loss, or not at
/// all.</summary>
public sealed class TensorWriter
{
    private readonly TensorData _data;
    private readonly TensorType _given;
    private readonly long _least;
    private readonly ulong _most;

    internal TensorWriter(TensorData data, TensorType given)
    {
        (_data, _given) = (data, given);
        (_least, _most) = given switch
        {
            TensorType.UInt8 => (0L, (ulong)byte.MaxValue),
            TensorType.UInt16 => (0L, (ulong)ushort.MaxValue),
            TensorType.UInt32 => (0L, (ulong)uint.MaxValue),
            TensorType.UInt64 => (0L, ulong.MaxValue),
            TensorType.Int8 => ((long)sbyte.MinValue, (ulong)sbyte.MaxValue),
            TensorType.Int16 => ((long)short.MinValue, (ulong)short.MaxValue),
            TensorType.Int32 => ((long)int.MinValue, (ulong)int.MaxValue),
            _ => (long.MinValue, (ulong)long.MaxValue),
        };
    }

    /// <summary>The type that the client sends.</summary>
    public TensorType Given => _given;

    /// <summary>The tensor's name.</summary>
    public string Name => _data.Spec.Name;

    /// <summary>Elements that must come: the product of the shape.</summary>
    public int Expected => _data.Capacity;

    /// <summary>Elements that came.</summary>
    public int Count => _data.Count;

    /// <summary>Adds a whole number. Floating types take it too.</summary>
    public void Integer(long value)
    {
        Next();
        if (_given is TensorType.Float32)
            Floating((float)value);
        else if (_given is TensorType.Float64)
            Floating((double)value);
        else if (_given is TensorType.Bool or TensorType.Bytes)
            throw Wrong(value.ToString(CultureInfo.InvariantCulture));
        else if (value < _least || (value > 0 && (ulong)value > _most))
            throw OutOfRange(value.ToString(CultureInfo.InvariantCulture));
        else
            Store(value);
    }

    /// <summary>Adds a whole number above the range of INT64; only UINT64 takes it.</summary>
    public void Unsigned(ulong value)
    {
        Next();
        if (_given != TensorType.UInt64)
            throw OutOfRange(value.ToString(CultureInfo.InvariantCulture));
        _data.Add(value);
    }

    /// <summary>Adds a number of type FP32.</summary>
    public void Single(float value)
    {
        Next();
        if (!float.IsFinite(value))
            throw OutOfRange(value.ToString(CultureInfo.InvariantCulture));
        Floating(value);
    }

    /// <summary>Adds a number of type FP64, or a whole number that was written as 1.0.</summary>
    public void Double(double value)
    {
        Next();
        if (!double.IsFinite(value))
            throw OutOfRange(value.ToString(CultureInfo.InvariantCulture));
        if (_given == TensorType.Float64)
        {
            Floating(value);
            return;
        }

        // Above 2^53 neighbouring whole numbers have one double, so that the client may have meant another one.
        if (_given is TensorType.Bool or TensorType.Bytes || value != Math.Truncate(value) || Math.Abs(value) > 1L << 53)
            throw Wrong(value.ToString(CultureInfo.InvariantCulture));
        Integer((long)value);
    }

    /// <summary>Adds true or false.</summary>
    public void Boolean(bool value)
    {
        Next();
        if (_given != TensorType.Bool)
            throw Wrong(value ? "true" : "false");
        _data.Add(value ? (byte)1 : (byte)0);
    }

    /// <summary>Adds a text.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Next();
        if (_given != TensorType.Bytes)
            throw Wrong($"the text \"{Shown(utf8)}\"");
        if (utf8.Contains((byte)0))
            throw Wrong("a text with a NUL character");
        _data.AddText(utf8);
    }

    /// <summary>Adds a missing value. FP32, FP64 and BYTES take it where the model does.</summary>
    public void Missing()
    {
        Next();
        if (_data.Spec.Type is not (TensorType.Bytes or TensorType.Float32 or TensorType.Float64))
            throw new ServingException(Refusal.Invalid,
                $"Input '{Name}', element {Count}: null. {_data.Spec.Type.Word()} has no missing value; send a number, or train the "
                    + $"feature as a floating one.");
        _data.AddMissing();
    }

    /// <summary>The tensor's data does not end here, or ends too early.</summary>
    public ServingException WrongCount(long given) => new(Refusal.Invalid,
        $"Input '{Name}' has {given} element{(given == 1 ? "" : "s")}, and its shape says {Expected}. The count must be the product of "
            + $"the shape.");

    /// <summary>An element that does not fit the datatype; the value as the client wrote it.</summary>
    public ServingException Wrong(string value) => new(Refusal.Invalid,
        $"Input '{Name}', element {Count}: expected {_given.Word()}, given {value}.");

    private ServingException OutOfRange(string value) => new(Refusal.Invalid, $"Input '{Name}', element {Count}: {value} is out of the "
        + $"range of {_given.Word()}.");

    private static string Shown(ReadOnlySpan<byte> utf8) => System.Text.Encoding.UTF8.GetString(utf8.Length > 40 ? utf8[..40] : utf8);

    private void Next()
    {
        if (_data.Count == _data.Capacity)
            throw new ServingException(Refusal.Invalid,
                $"Input '{Name}' has more than {Expected} element{(Expected == 1 ? "" : "s")}, which its shape says. The count must be "
                    + $"the product of the shape.");
    }

    private void Floating(float value)
    {
        if (_data.Spec.Type == TensorType.Float32)
            _data.Add(value);
        else
            _data.Add((double)value);
    }

    private void Floating(double value) => _data.Add(value);

    private void Store(long value)
    {
        switch (_data.Spec.Type)
        {
            case TensorType.Int64 or TensorType.UInt64:
                _data.Add(value);
                break;
            case TensorType.Int32 or TensorType.UInt32:
                _data.Add((int)value);
                break;
            case TensorType.Int16 or TensorType.UInt16:
                _data.Add((short)value);
                break;
            case TensorType.Int8 or TensorType.UInt8:
                _data.Add((byte)value);
                break;
            case TensorType.Float32:
                _data.Add((float)value);
                break;
            default:
                _data.Add((double)value);
                break;
        }
    }
}
