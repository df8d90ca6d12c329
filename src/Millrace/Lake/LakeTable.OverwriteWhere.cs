using System.Globalization;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base with the staged rows instead of those that meet a condition.</summary>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="staged">The new rows. Each meets the condition, so that the same load replaces itself when it is done again.</param>
    /// <param name="predicate">A condition over the columns.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">A staged row does not meet the condition; or the condition is none, or gives another answer each
    /// time.</exception>
    public CommitRequest OverwriteWhere(DuckConnection connection, Snapshot @base, StagedFiles staged, string predicate, CommitStamp stamp)
    {
        CheckPartitions(@base, staged);
        var condition = new RowPredicate(connection, @base, predicate);
        var fitting = Fitting(@base, staged.Schema);
        var rows = staged.ToRelation().Sql;
        if (staged.Rows > 0 && connection.Query($"SELECT count(*) FROM ({rows}) WHERE ({predicate}) IS NOT "
            + $"TRUE").Scalar() is long and > 0 and var loose)
            throw new LakeException(string.Create(CultureInfo.InvariantCulture,
                $"{loose} of {staged.Rows} new rows for the table '{Folder}' do not meet ")
                + $"the condition '{predicate}' whose rows they are to replace. Widen the condition, or leave these rows out.");

        var copies = new List<StagedFiles>();
        return Guarded(copies, () =>
        {
            var without = Without(connection, @base, condition, stamp, copies, staged.Rows > 0 ? rows : null);
            return without with
            {
                Schema = fitting,
                Add = [.. without.Add, .. staged.Files],
                Operation = "WRITE",
                Parameters = new Dictionary<string, string> { ["mode"] = "Overwrite", ["predicate"] = predicate },
                Staged = [.. without.Staged, staged],
            };
        });
    }

    /// <summary>The base with the staged rows instead of those in the same partitions; partitions in which no new row falls stay.</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="staged">The new rows, staged by the table's partition columns.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">The table has no partitions, or the rows are staged by others.</exception>
    public CommitRequest OverwritePartitions(Snapshot @base, StagedFiles staged, CommitStamp stamp)
    {
        if (@base.PartitionColumns.Count == 0)
            throw new LakeException($"The table '{Folder}' has no partitions to overwrite. Overwrite it whole, or by a condition.");
        CheckPartitions(@base, staged);
        var partitions = staged.Files.Select(f => KeyOf(f)).ToHashSet(StringComparer.Ordinal);
        return Request(@base, staged, stamp, "WRITE", "Overwrite") with
        {
            Schema = Fitting(@base, staged.Schema),
            Remove = [.. @base.Files.Where(InPartitions)],
            Parameters = new Dictionary<string, string> { ["mode"] = "Overwrite", ["partitionOverwriteMode"] = "dynamic" },
            Reads = InPartitions,
        };

        bool InPartitions(DataFile file) => partitions.Contains(KeyOf(file));

        string KeyOf(DataFile file) => string.Join('\u0001', @base.PartitionColumns.Select(c =>
        {
            var value = file.PartitionValues.GetValueOrDefault(@base.StoredName(c));
            return string.IsNullOrEmpty(value) ? "n" : "v" + Canonical(@base.Schema.Find(c)!.Type, value);
        }));
    }

    /// <summary>One text for one value: writers give times and numbers in several forms.</summary>
    private static string Canonical(Assets.DataType type, string value) => Bound.Of(type, value) switch
    {
        { Kind: BoundKind.Time } time => time.Ticks.ToString(CultureInfo.InvariantCulture),
        { Kind: BoundKind.Number, Exact: { } exact } => exact.ToString("G29", CultureInfo.InvariantCulture),
        { Kind: BoundKind.Number } number => number.Number.ToString("R", CultureInfo.InvariantCulture),
        _ => type == Assets.DataType.Boolean ? value.ToLowerInvariant() : value,
    };
}
