using Millrace.Assets;

namespace Millrace.Sources.Contract;

/// <summary>The rows of files that have the same columns, as their format gives them, before the contract is asked.</summary>
internal sealed record RawRows
{
    /// <summary>One of the files, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The columns by their names in the files.</summary>
    public required IReadOnlyList<RawColumn> Columns { get; init; }

    /// <summary>A relation of the columns, all in one go: reading it may end in an error at a record that is malformed. Given the columns that
    /// may come as their stored type at once, because their reading cannot change a value in silence.</summary>
    public required Func<IReadOnlyDictionary<string, DataType>, string> Fast { get; init; }

    /// <summary>True when <see cref="Fast"/> heeds the types that it is given.</summary>
    public bool IsTyped { get; init; }

    /// <summary>A relation of the columns with <c>_millrace_file</c> and <c>_millrace_line</c>; malformed records are left out.</summary>
    public required Func<string> Sorted { get; init; }

    /// <summary>A relation of <c>file, line, reason, row</c> of the malformed records that were found and left out so far; null when there are
    /// none.</summary>
    public Func<string?> Malformed { get; init; } = () => null;
}

/// <summary>A column as a format gives it.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its type there; null for text that says any value.</param>
internal sealed record RawColumn(string Name, string? Type = null);
