using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Monitoring;
using Millrace.Native;
using Millrace.Serving.Predictions;
using Millrace.Sql;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>A running query; disposing ends it.</summary>
public sealed class QuerySession(SqlSession session, SqlSessionPool? owned, DuckResult result) : IDisposable
{
    /// <summary>The columns, and the rows as they come.</summary>
    public DuckResult Result => result;

    /// <inheritdoc/>
    public void Dispose()
    {
        result.Dispose();
        session.Dispose();
        owned?.Dispose();
    }
}

public sealed partial class Engine
{
    /// <summary>What stands behind an endpoint's name for all that it answered.</summary>
    private const string PredictionsEnding = "__predictions";

    /// <summary>
    /// Runs one statement of SQL over the environment's assets by name, as its current release has them, and over their journals: of a table
    /// <c>NAME__quarantine</c>, of an endpoint <c>NAME__predictions</c>, <c>NAME__drift</c> and <c>NAME__performance</c>.
    /// </summary>
    /// <exception cref="DuckException">The SQL is wrong; a name that is no asset gets the names that are.</exception>
    public QuerySession Query(string sql)
    {
        var session = _pool.Rent();
        try
        {
            Define(session, sql);
            return new QuerySession(session, null, session.Query(sql));
        }
        catch (DuckException e) when (e.Kind == DuckErrorKind.Catalog)
        {
            session.Dispose();
            var keys = Ledger.Pointers(Environment).Keys.ToList();
            var names = keys.Where(k => k.Kind.IsRelation()).Select(k => k.Name).Order(StringComparer.Ordinal).ToList();
            var journals = keys.Where(k => k.Kind == AssetKind.Endpoint).OrderBy(k => k.Name, StringComparer.Ordinal).SelectMany(k => JournalsOf(k.Name)).ToList();
            throw new EngineException(names.Count == 0
                ? $"{e.Message.TrimEnd()}\nNothing is released in '{Environment}' yet: run 'millrace run' first."
                : $"{e.Message.TrimEnd()}\nThe assets released in '{Environment}' are: {string.Join(", ", names)}."
                    + (journals.Count == 0 ? "" : $" The journals of its endpoints are: {string.Join(", ", journals)}."));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs one statement of SQL over files, outside of any project.</summary>
    public static QuerySession QueryFiles(string sql)
    {
        var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(Path.GetTempPath(), "millrace-query") });
        var session = pool.Rent();
        try
        {
            return new QuerySession(session, pool, session.Query(sql));
        }
        catch
        {
            session.Dispose();
            pool.Dispose();
            throw;
        }
    }

    /// <summary>Makes readable what the statement names; everything, when it is no SELECT that we can parse.</summary>
    private void Define(SqlSession session, string sql)
    {
        var pointers = Ledger.Pointers(Environment);
        using var parser = new QueryParser();
        var names = parser.Parse(sql).Query?.Relations ??
        [
            .. pointers.Keys.Where(k => k.Kind.IsRelation()).SelectMany(k => new[] { k.Name, Quarantine.NameOf(k) }),
            .. pointers.Keys.Where(k => k.Kind == AssetKind.Endpoint).SelectMany(k => JournalsOf(k.Name)).Where(n => sql.Contains(n, StringComparison.Ordinal)),
        ];
        var defined = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            Define(session, parser, pointers, name, defined);
    }

    private void Define(SqlSession session, QueryParser parser, IReadOnlyDictionary<AssetKey, Pointer> pointers, string name, HashSet<string> defined)
    {
        if (!defined.Add(name))
            return;
        if (pointers.Values.FirstOrDefault(p => p.Asset.Kind.IsRelation() && p.Asset.Name == name) is { } pointer)
            session.Define(name, RelationOf(pointer, parent => Define(session, parser, pointers, parent, defined), parser));
        else if (pointers.Keys.FirstOrDefault(k => k.Kind.IsRelation() && Quarantine.NameOf(k) == name) is { Name: not null } asset)
            session.Define(name, QuarantineOf(pointers[asset]));
        else if (pointers.Keys.FirstOrDefault(k => k.Kind == AssetKind.Endpoint && JournalsOf(k.Name).Contains(name)) is { Name: not null } endpoint)
            session.Define(name, JournalOf(session, endpoint.Name, name));
    }

    private static string[] JournalsOf(string endpoint) => [endpoint + PredictionsEnding, MonitorJournal.DriftOf(endpoint), MonitorJournal.PerformanceOf(endpoint)];

    /// <summary>Everything that an endpoint's journal holds; no row where nothing was ever answered or measured.</summary>
    private Relation JournalOf(SqlSession session, string endpoint, string name)
    {
        if (name == MonitorJournal.DriftOf(endpoint))
            return Monitor.DriftJournal(endpoint).Read();
        if (name == MonitorJournal.PerformanceOf(endpoint))
            return Monitor.PerformanceJournal(endpoint).Read();
        return new PredictionTable(Home.Folder, endpoint, Ledger, _pool).Read(session) ?? Relation.Empty(new Schema([.. PredictionColumns.Fixed]));
    }

    /// <summary>The rows behind a pointer: a stored version, or a view's SQL with the values it was released with.</summary>
    private Relation RelationOf(Pointer pointer, Action<string> define, QueryParser parser)
    {
        if (Ledger.Version(pointer.Version) is { } version)
            return new LakeTable(Home.TableFolder(pointer.Version.Build)).Read(version.Id.Number, version.EntryHash).ToRelation();

        var stored = Ledger.Definition(pointer.Definition)!;
        var view = (TableDefinition)ProjectFolder.ReadDefinition(stored.File, stored.Text);
        foreach (var parent in parser.Parse(view.Sql).Query?.Relations ?? [])
            define(parent);
        var literals = System.Text.Json.Nodes.JsonNode.Parse(Ledger.Detail(pointer.Version.Build) ?? "{}")!.AsObject().ToDictionary(v => v.Key, v => (string)v.Value!);
        literals["as_of"] = SqlText.Literal(IntervalUnit.Day.Floor(_options.Clock.GetUtcNow()));
        return new Relation(new SqlText(view.Sql).Bind(literals), new Schema([]));
    }
}
