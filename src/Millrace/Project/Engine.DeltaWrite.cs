using Millrace.Lake;
using Millrace.Sql;

namespace Millrace.Project;

public sealed partial class Engine
{
    /// <summary>Packs the files of any Delta table on disk, outside of any project, beside whoever writes it.</summary>
    /// <param name="folder">The table's folder, absolute.</param>
    /// <param name="options">Sizes, columns to cluster by, which files.</param>
    /// <param name="now">The present moment.</param>
    /// <returns>The commit; null where every file lies well already, so that none was made.</returns>
    /// <exception cref="LakeException">There is no such table, or it cannot be written.</exception>
    /// <exception cref="EngineException">The table belongs to a project.</exception>
    public static CommitResult? OptimizeDelta(string folder, OptimizeOptions options, DateTimeOffset now)
    {
        var table = Foreign(folder, "optimized");
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(Path.GetTempPath(), "millrace-optimize") });
        using var session = pool.Rent();
        var stamp = new CommitStamp($"optimize-{Guid.NewGuid():N}", 1, now) { Mode = CommitMode.Rebase };
        if (table.Optimize(session.Connection, table.Latest()!, options, stamp) is { Add.Count: > 0 } first)
        {
            // What was made already is put; only a conflict has it made again.
            return table.Write(head => Interlocked.Exchange(ref first, null) ?? table.Optimize(session.Connection, head!, options, stamp));
        }

        return null;
    }

    /// <summary>Deletes the files of any Delta table on disk that left it long ago, or that no commit names.</summary>
    /// <param name="folder">The table's folder, absolute.</param>
    /// <param name="options">How long files stay.</param>
    /// <exception cref="LakeException">There is no such table, or the retention is too short.</exception>
    /// <exception cref="EngineException">The table belongs to a project.</exception>
    public static VacuumReport VacuumDelta(string folder, VacuumOptions options) => Foreign(folder, "vacuumed").Vacuum(options);

    /// <summary>A table that no project's ledger stands over: there, other versions than the newest may be needed.</summary>
    private static LakeTable Foreign(string folder, string what)
    {
        for (var above = Directory.GetParent(folder); above is not null; above = above.Parent)
        {
            if (above.Name == "lake" && File.Exists(Path.Combine(above.Parent!.FullName, "ledger.db")))
                throw new EngineException($"'{folder}' is a table of the project whose state lies in '{above.Parent!.FullName}', so "
                    + $"that it is not {what} from "
                    + "outside: its ledger names the versions that stand. 'millrace table vacuum NAME' deletes what they do not need.");
        }

        var table = new LakeTable(folder);
        return table.Exists ? table : throw new LakeException($"There is no table in '{folder}': it has no Delta log.");
    }
}
