namespace Millrace.Native;

/// <summary>The engine's types. The numbers are the engine's own.</summary>
public enum DuckTypeId
{
    /// <summary>Not known yet, such as a column that is a parameter without a cast.</summary>
    Unknown = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,

    /// <summary>Microseconds since 1970, without a zone.</summary>
    Timestamp = 12,

    /// <summary>Days since 1970.</summary>
    Date = 13,

    /// <summary>Microseconds since midnight.</summary>
    Time = 14,
    Interval = 15,

    /// <summary>128 bits with a sign. <c>sum</c> of any integer column gives it.</summary>
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,

    /// <summary>Seconds since 1970.</summary>
    TimestampS = 20,

    /// <summary>Milliseconds since 1970.</summary>
    TimestampMs = 21,

    /// <summary>Nanoseconds since 1970.</summary>
    TimestampNs = 22,
    Enum = 23,
    List = 24,
    Struct = 25,
    Map = 26,
    Uuid = 27,
    Union = 28,
    Bit = 29,
    TimeTz = 30,

    /// <summary>Microseconds since 1970 in UTC: a moment, shown in the session's zone.</summary>
    TimestampTz = 31,
    UHugeInt = 32,

    /// <summary>A list whose length is part of the type.</summary>
    Array = 33,
    Any = 34,
    BigNum = 35,
    SqlNull = 36,
    StringLiteral = 37,
    IntegerLiteral = 38,
    TimeNs = 39,
    Geometry = 40,
    Variant = 41,
}
