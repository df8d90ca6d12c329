namespace Millrace.Sources.Contract;

/// <summary>The names of a file's columns under the contract.</summary>
internal static class ContractNames
{
    /// <summary>Checks the names of a file that says them once, for all rows.</summary>
    /// <param name="source">The contract.</param>
    /// <param name="file">What messages call the file.</param>
    /// <param name="names">The names in the file's order.</param>
    /// <param name="hint">A sentence on how a file that lacks a column may be meant.</param>
    /// <param name="example">The first row's value of a column with its place, such as <c>line 2 holds 'x'</c>; null when there is no row.</param>
    /// <exception cref="SourceException">A contract column is missing, there is one that the contract does not admit, or one stands there twice.</exception>
    public static IReadOnlyList<string> Check(SourceDefinition source, string file, IReadOnlyList<string> names, Func<string> hint, Func<string, string?> example)
    {
        var missing = source.Columns.Where(c => !c.IsEvolved && !names.Contains(c.Name, StringComparer.OrdinalIgnoreCase)).Select(c => c.Name).ToList();
        if (missing.Count > 0)
            throw new SourceException($"{file} lacks {(missing.Count == 1 ? "the column" : "the columns")} {string.Join(", ", missing)} of the contract in {source.File}. {hint()}");

        var extra = names.Where(n => !IsWanted(source, n)).ToList();
        if (extra.Count > 0 && source.Contract.Columns == ContractMode.Freeze)
            throw Frozen(source, file, extra, example(extra[0]));
        if (source.Contract.Columns == ContractMode.Evolve && extra.FirstOrDefault(n => !CanBeStored(n)) is { } unfit)
            throw new SourceException($"{file} has a column named '{unfit}', under which no column can be stored. Give it another name, or set contract: {{columns: ignore}} in {source.File}.");

        var twice = names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? names : throw new SourceException($"{file} names the column '{twice.Key}' twice in its header. Rename one of them.");
    }

    /// <summary>The error of a column that the contract lacks and does not admit.</summary>
    public static SourceException Frozen(SourceDefinition source, string file, IReadOnlyList<string> extra, string? example) => new(
        $"{file} has {(extra.Count == 1 ? "a column" : "columns")} that the contract lacks: {string.Join(", ", extra)}{(example is null ? "" : $" ({example})")}. "
        + $"Add {(extra.Count == 1 ? "it" : "them")} to 'columns' in {source.File}, or say what happens to such columns there, for example contract: {{columns: ignore}} or {{columns: evolve}}.");

    private static bool CanBeStored(string name) => !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl)
        && !name.StartsWith("_millrace", StringComparison.OrdinalIgnoreCase) && !name.Equals("_source", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a column of the contract.</summary>
    public static bool IsWanted(SourceDefinition source, string name) => source.Columns.Any(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
