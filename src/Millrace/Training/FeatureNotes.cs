namespace Millrace.Training;

/// <summary>The sentences about features that all trainers share, and the rule behind them.</summary>
internal static class FeatureNotes
{
    /// <summary>Why a feature of numbers is left unused, or null when it varies: missing in some rows and present in others is
    /// variation.</summary>
    public static string? Unused(FeatureColumn values, ReadOnlySpan<int> rows)
    {
        var first = values.NumberAt(rows[0]);
        foreach (var row in rows)
        {
            var value = values.NumberAt(row);
            if (value != first && !(float.IsNaN(value) && float.IsNaN(first)))
                return null;
        }

        return Unused(values.Name, 1, float.IsNaN(first));
    }

    /// <summary>The same for categories.</summary>
    /// <param name="distinct">How many there are, the missing one included.</param>
    public static string? Unused(string name, int distinct, bool anyMissing) => distinct > 1 ? null : anyMissing
        ? $"Feature '{name}' has no value in any training row; the model does not use it."
        : $"Feature '{name}' is the same in all training rows; the model does not use it.";

    public static string Folded(string name, int all, int kept) => FormattableString.Invariant(
        $"Feature '{name}' has {all} categories; the {kept} most frequent are told apart, the others count as unseen.");
}
