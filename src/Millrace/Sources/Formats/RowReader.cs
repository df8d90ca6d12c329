using Millrace.Assets;
using Millrace.Checks;
using Millrace.Native;

namespace Millrace.Sources.Formats;

/// <summary>Files as SQL: rows that fit the contract, and rows that cannot be read, with the reason.</summary>
/// <remarks>
/// A load reads <see cref="Rows"/> and takes it that every value fits. Where one does not, reading ends in an error that
/// <see cref="IsUnreadable"/> knows, and the load reads <see cref="FittingRows"/> in a second pass, which sorts the rows. A value counts as
/// read only when the stored type says exactly what was written.
/// </remarks>
internal abstract class RowReader
{
    /// <summary>The columns that the rows have: the contract's, and those by which the table evolves. Asked again after a second pass began.</summary>
    public abstract Schema Schema { get; }

    /// <summary>The rows, for when every value fits.</summary>
    public abstract string Rows { get; }

    /// <summary>The rows that fit the contract, the others left out. The first call makes the copies with line numbers that sorting needs.</summary>
    public abstract string FittingRows { get; }

    /// <summary>The fitting rows with the file, and the line after a colon where a file has lines, as <c>_source</c>.</summary>
    public abstract string FittingRowsWithSource { get; }

    /// <summary>True for the engine's word that a value could not be read: then the second pass sorts the rows.</summary>
    public abstract bool IsUnreadable(DuckException e);

    /// <summary>After reading <see cref="Rows"/> or <see cref="FittingRows"/>: what does not fit.</summary>
    public abstract UnreadableRows Unreadable(DuckConnection connection, bool isSecondPass);
}
