namespace Millrace.Lake;

/// <summary>What a commit does about versions that came after the one it was made from.</summary>
public enum CommitMode
{
    /// <summary>Undoes them in the same entry: afterwards the table is exactly the base with the change. For the task commits of runs,
    /// whose
    /// base the ledger chose.</summary>
    Restore,

    /// <summary>Keeps them: the change goes on top of the head, unless one of them is in real conflict with it. For tables that several
    /// writers share.</summary>
    Rebase,
}
