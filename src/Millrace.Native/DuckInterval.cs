using System.Runtime.InteropServices;

namespace Millrace.Native;

/// <summary>A length of time as SQL counts it: months and days vary in length, so the three parts stay apart.</summary>
/// <remarks>Its layout is the engine's, so that <see cref="DuckVector.Values{T}"/> can give a span of them.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DuckInterval(int Months, int Days, long Micros);
