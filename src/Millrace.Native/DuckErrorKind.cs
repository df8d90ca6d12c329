namespace Millrace.Native;

/// <summary>What kind of error the engine speaks of. The numbers are the engine's own.</summary>
public enum DuckErrorKind
{
    /// <summary>The engine gave no kind, or one that this list does not know.</summary>
    Unknown = 0,
    OutOfRange = 1,
    Conversion = 2,
    UnknownType = 3,
    Decimal = 4,
    MismatchType = 5,
    DivideByZero = 6,
    ObjectSize = 7,
    InvalidType = 8,
    Serialization = 9,
    Transaction = 10,
    NotImplemented = 11,
    Expression = 12,
    Catalog = 13,
    Parser = 14,
    Planner = 15,
    Scheduler = 16,
    Executor = 17,
    Constraint = 18,
    Index = 19,
    Stat = 20,
    Connection = 21,
    Syntax = 22,
    Settings = 23,
    Binder = 24,
    Network = 25,
    Optimizer = 26,
    NullPointer = 27,
    IO = 28,

    /// <summary>Somebody called <see cref="DuckConnection.Interrupt"/>.</summary>
    Interrupt = 29,

    /// <summary>The database instance is no longer usable.</summary>
    Fatal = 30,
    Internal = 31,
    InvalidInput = 32,

    /// <summary>The setting <c>memory_limit</c> was reached and nothing more could be spilled.</summary>
    OutOfMemory = 33,

    /// <summary>The sandbox settings forbid it, such as <c>enable_external_access=false</c>.</summary>
    Permission = 34,
    ParameterNotResolved = 35,
    ParameterNotAllowed = 36,
    Dependency = 37,
    Http = 38,
    MissingExtension = 39,
    Autoload = 40,
    Sequence = 41,
    InvalidConfiguration = 42,
    DataCorruption = 43,
}
