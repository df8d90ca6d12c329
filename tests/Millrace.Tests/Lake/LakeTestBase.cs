using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Tests.Lake;

/// <summary>A table in a temporary folder and a connection to a real engine.</summary>
public abstract class LakeTestBase : IDisposable
{
    protected static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<DuckDatabase> Database = new(() => DuckDatabase.Open(new Dictionary<string, string>
    {
        ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false", ["memory_limit"] = "2GB",
    }));

    protected LakeTestBase()
    {
        Root = Path.Combine(Path.GetTempPath(), "millrace-lake-" + Guid.NewGuid().ToString("N"));
        Table = new LakeTable(Path.Combine(Root, "table"));
        Connection = Connect();
    }

    protected string Root { get; }

    protected LakeTable Table { get; }

    protected DuckConnection Connection { get; }

    protected string Log => Path.Combine(Table.Folder, "_delta_log");

    public void Dispose()
    {
        Connection.Dispose();
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected static DuckConnection Connect()
    {
        var connection = Database.Value.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        return connection;
    }

    protected static Schema Columns(string text) => new([.. text.Split(';').Select(c => c.Trim().Split(' ', 2)).Select(c => new Column(c[0], DataType.Parse(c[1])))]);

    protected static CommitStamp Stamp(string appId, long fence = 1, int minutes = 0) => new(appId, fence, Noon.AddMinutes(minutes));

    protected StagedFiles Stage(string select, Schema schema, Func<StageOptions, StageOptions>? with = null, LakeTable? table = null) =>
        (table ?? Table).Stage(Connection, select, schema, with is null ? new StageOptions { Now = Noon } : with(new StageOptions { Now = Noon }));

    protected CommitResult Append(string appId, string select, string columns, int minutes = 0) =>
        Table.Commit(Table.Append(Table.Latest(), Stage(select, Columns(columns)), Stamp(appId, minutes: minutes)));

    protected IReadOnlyList<string> Rows(Relation relation) => Rows(relation.Sql);

    /// <summary>Each row as one text, in order.</summary>
    protected IReadOnlyList<string> Rows(string sql) =>
        [.. Connection.Query($"SELECT r::VARCHAR FROM ({sql}) r").Rows().Select(r => (string)r[0]!)];

    protected IReadOnlyList<string> Rows(Snapshot? snapshot) => Rows(snapshot!.ToRelation());

    protected static string Entry(long version) => version.ToString("D20", CultureInfo.InvariantCulture) + ".json";

    protected string EntryPath(long version) => Path.Combine(Log, Entry(version));
}
