using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
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
    /// <summary>Runs one statement of SQL over the environment's assets by name, as its current release has them, and over their quarantine journals.</summary>
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
            var names = Ledger.Pointers(Environment).Keys.Select(k => k.Name).Order(StringComparer.Ordinal).ToList();
            throw new EngineException(names.Count == 0
                ? $"{e.Message.TrimEnd()}\nNothing is released in '{Environment}' yet: run 'millrace run' first."
                : $"{e.Message.TrimEnd()}\nThe assets released in '{Environment}' are: {string.Join(", ", names)}.");
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
        var names = parser.Parse(sql).Query?.Relations ?? [.. pointers.Keys.SelectMany(k => new[] { k.Name, Quarantine.NameOf(k) })];
        var defined = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            Define(session, parser, pointers, name, defined);
    }

    private void Define(SqlSession session, QueryParser parser, IReadOnlyDictionary<AssetKey, Pointer> pointers, string name, HashSet<string> defined)
    {
        if (!defined.Add(name))
            return;
        if (pointers.Values.FirstOrDefault(p => p.Asset.Name == name) is { } pointer)
            session.Define(name, RelationOf(pointer, parent => Define(session, parser, pointers, parent, defined), parser));
        else if (pointers.Keys.FirstOrDefault(k => Quarantine.NameOf(k) == name) is { Name: not null } asset)
            session.Define(name, Quarantine.Read(Home.QuarantineFolder(asset), Ledger.QuarantineVersion(asset)));
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
