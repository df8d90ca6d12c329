using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;

namespace Millrace.Victim;

/// <summary>One of several programs that change one Delta table at once, or one that a test kills on the way.</summary>
internal static class LakeVictim
{
    public static readonly Schema Columns = new([new Column("writer", DataType.Long), new Column("number", DataType.Long)]);

    /// <param name="verb"><c>append WRITER COUNT</c>: that many commits of one row each; <c>merge</c>, <c>optimize</c>, <c>delete</c>: one
    /// commit.</param>
    /// <param name="folder">The table's folder.</param>
    /// <param name="words">What the verb takes.</param>
    public static int Run(string verb, string folder, string[] words)
    {
        using var database = DuckDatabase.Open(new Dictionary<string, string>
        {
            ["threads"] = "1", ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false",
        });
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var table = new LakeTable(folder);
        var now = TimeProvider.System.GetUtcNow();
        var stamp = new CommitStamp("victim-" + verb, 1, now) { Mode = CommitMode.Rebase };
        switch (verb)
        {
            case "append":
                var (writer, count) = (words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
                for (var number = 1; number <= count; number++)
                    Append(table, connection, writer, number);
                return 0;
            case "merge":
                table.Write(head => table.Merge(
                    connection, head!, "SELECT range AS writer, -range AS number FROM range(5, 15)",
                        new MergeOptions { Keys = ["writer"] }, stamp));
                return 0;
            case "delete":
                table.Write(head => table.Delete(connection, head!, "writer % 2 = 0", stamp));
                return 0;
            case "optimize":
                table.Write(head => table.Optimize(connection, head!, new OptimizeOptions(), stamp));
                return 0;
            default:
                return 2;
        }
    }

    private static void Append(LakeTable table, DuckConnection connection, string writer, int number)
    {
        var now = TimeProvider.System.GetUtcNow();
        var select = FormattableString.Invariant($"SELECT {writer} AS writer, {number} AS number");
        table.Write(head => table.Append(
            head, table.Stage(connection, select, Columns, new StageOptions { Now = now }),
            new CommitStamp("writer-" + writer, number, now) { Mode = CommitMode.Rebase }));
    }
}
