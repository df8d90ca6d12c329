using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base without the rows whose key is among the given ones, and the staged rows.</summary>
    /// <remarks>Files that hold such a row are written anew without it, one pass for all files of equal tags. Others are left alone.</remarks>
    /// <param name="connection">Sees what <paramref name="keys"/> reads.</param>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows.</param>
    /// <param name="columns">The key's columns, at least one. NULL equals NULL.</param>
    /// <param name="keys">One SELECT of these columns.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest ReplaceKeys(
        DuckConnection connection, Snapshot? @base, StagedFiles staged, IReadOnlyList<string> columns, string keys, CommitStamp stamp)
    {
        if (@base is null)
            return Append(null, staged, stamp);

        var match = $"EXISTS (SELECT 1 FROM ({keys}) AS k WHERE "
            + string.Join(" AND ", columns.Select(c => $"k.{SqlName.Quote(c)} IS NOT DISTINCT FROM b.{SqlName.Quote(c)}")) + ")";
        string Rows(IReadOnlyList<DataFile> files) => $"({FileRelation.Of(Folder, @base.Schema, @base.PartitionColumns, files).Sql}) AS b";
        var touched = @base.Files.Where(f => connection.Query($"SELECT 1 FROM {Rows([f])} WHERE {match} LIMIT 1").Scalar() is not null).ToList();
        var copies = new List<StagedFiles>();
        try
        {
            foreach (var alike in touched.GroupBy(TagText))
            {
                var files = alike.ToList();
                var options = new StageOptions { Now = stamp.Now, Tags = files[0].Tags, FailpointPrefix = stamp.FailpointPrefix };
                copies.Add(Stage(connection, $"SELECT b.* FROM {Rows(files)} WHERE NOT {match}", @base.Schema, options));
            }
        }
        catch
        {
            copies.ForEach(c => c.Discard());
            throw;
        }

        return Request(@base, staged, stamp, "MERGE", "Append") with
        {
            Add = [.. copies.SelectMany(c => c.Files), .. staged.Files],
            Remove = touched,
            Parameters = new Dictionary<string, string> { ["predicate"] = string.Join(" AND ", columns.Select(c => $"target.{c} = source.{c}")) },
            Staged = [.. copies, staged],
        };
    }
}
