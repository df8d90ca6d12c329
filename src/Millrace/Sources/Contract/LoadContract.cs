namespace Millrace.Sources.Contract;

/// <summary>What a load does where the data is not as the contract says.</summary>
/// <param name="Columns">A column that the contract lacks: evolve, freeze, quarantine_row, quarantine_value or ignore.</param>
/// <param name="Types">A value that its column's type cannot hold: evolve, freeze, quarantine_row or quarantine_value.</param>
/// <param name="Nullability">No value in a required column: evolve, freeze or quarantine_row.</param>
public sealed record LoadContract(
    ContractMode Columns = ContractMode.Freeze,
    ContractMode Types = ContractMode.QuarantineRow,
    ContractMode Nullability = ContractMode.QuarantineRow)
{
    /// <summary>True when a load can give the table more columns than the contract names.</summary>
    public bool CanWiden => Columns == ContractMode.Evolve || Types == ContractMode.Evolve;

    /// <summary>What of it decides which rows and values a table holds.</summary>
    internal IEnumerable<string> Texts
    {
        get
        {
            yield return (Types, Nullability) switch
            {
                (ContractMode.QuarantineRow, ContractMode.QuarantineRow) => "Quarantine",
                (ContractMode.Freeze, ContractMode.Freeze) => "Block",
                _ => $"{Types} {Nullability}",
            };
            if (Columns is not (ContractMode.Freeze or ContractMode.Ignore))
                yield return Columns.ToString();
        }
    }
}

/// <summary>What happens to something that is not as the contract says.</summary>
public enum ContractMode
{
    /// <summary>The table takes it in: a new column becomes a nullable one, a value of another type goes to a column of its own beside
    /// (<c>x__v_varchar</c>), a required value may be absent.</summary>
    Evolve,

    /// <summary>The load stops, the message shows where, and nothing is committed.</summary>
    Freeze,

    /// <summary>The row goes aside with its reason.</summary>
    QuarantineRow,

    /// <summary>The value goes aside with its reason; the row is kept without it.</summary>
    QuarantineValue,

    /// <summary>It is not read.</summary>
    Ignore,
}
