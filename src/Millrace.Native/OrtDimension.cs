using System.Globalization;

namespace Millrace.Native;

/// <summary>One dimension of an input or output: a size, or free.</summary>
/// <param name="Size">0 and up; -1 where the dimension is free.</param>
/// <param name="Symbol">The name that the graph gives to a free dimension, such as <c>N</c>; empty where it gives none.</param>
public readonly record struct OrtDimension(long Size, string Symbol)
{
    public bool IsFree => Size < 0;

    /// <summary>The size, the symbol, or <c>?</c>.</summary>
    public override string ToString() =>
        !IsFree ? Size.ToString(CultureInfo.InvariantCulture) : Symbol.Length > 0 ? Symbol : "?";
}
