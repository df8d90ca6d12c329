using System.Globalization;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>Which types hold every value of another.</summary>
internal static class TypeWidening
{
    private static readonly DataType[] Integers = [DataType.Byte, DataType.Short, DataType.Integer, DataType.Long];

    /// <summary>True when every value of the one type is exactly one of the other.</summary>
    public static bool Holds(DataType from, DataType to)
    {
        var (small, large) = (Array.IndexOf(Integers, from), Array.IndexOf(Integers, to));
        if (small >= 0 && large >= 0)
            return small < large;
        if (small >= 0 && to == DataType.Double)
            return from != DataType.Long;
        if (from == DataType.Float)
            return to == DataType.Double;
        if (from == DataType.Date)
            return to == DataType.TimestampNtz;
        if (!to.IsDecimal)
            return false;
        var (precision, scale) = Digits(to);
        if (small >= 0)
            return precision - scale >= (from == DataType.Long ? 20 : 10);
        return from.IsDecimal && Digits(from) is var (p, s) && from != to && scale >= s && precision - scale >= p - s;
    }

    private static (int Precision, int Scale) Digits(DataType type)
    {
        var words = type.Sql["DECIMAL(".Length..^1].Split(',');
        return (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
    }
}
