using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Sql;

/// <summary>An engine for one task: relations are handed in under their names, SQL reads them.</summary>
/// <remarks>
/// Everything defined lies in a database of its own in memory, made for the first of it. <see cref="Dispose"/> detaches it whole, puts
/// changed settings back, and returns the engine to its pool; an engine that cannot be cleaned is closed.
/// </remarks>
public sealed class SqlSession : IDisposable
{
    private const string WorkName = "work";

    /// <summary>Up to this many relations, dropping them is quicker than a new connection with a new database.</summary>
    private const int MostDrops = 6;

    private const string LeftBehind =
        """
        SELECT (SELECT count(*) FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory')
             + (SELECT count(*) FROM duckdb_tables() WHERE NOT internal) + (SELECT count(*) FROM duckdb_views() WHERE NOT internal)
             + (SELECT count(*) FROM duckdb_schemas() WHERE NOT internal AND schema_name <> 'main')
        """;

    private readonly SqlSessionPool _pool;
    private readonly DuckDatabase _database;
    private readonly HashSet<string> _changed = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _schemas = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _relations = new(StringComparer.OrdinalIgnoreCase);
    private bool _isLocked;
    private bool _hasWork;
    private bool _isTidy;
    private bool _countsProgress;
    private bool _hasRunAnything;
    private bool _isRented = true;

    private SqlSession(SqlSettings settings, SqlSessionPool pool)
    {
        _pool = pool;
        _database = DuckDatabase.Open(settings.ToEngine());
        Connection = _database.Connect();
    }

    /// <summary>The engine's connection, for reading, COPY and temporary tables. Anything else goes through the session's own verbs.</summary>
    public DuckConnection Connection { get; private set; }

    /// <summary>Makes rows readable under a name, in place of what had the name before. Nothing is read yet.</summary>
    /// <param name="name"><c>name</c> or <c>schema.name</c>.</param>
    /// <param name="relation">The rows.</param>
    /// <exception cref="DuckException">The relation's SELECT does not bind, such as when a file is missing.</exception>
    public void Define(string name, Relation relation)
    {
        Schema(name);
        Connection.Execute($"CREATE OR REPLACE VIEW {SqlName.QuoteRelation(name)} AS {relation.Sql}");
        _relations[name] = "VIEW";
    }

    /// <summary>A SELECT that finds relations under their names, to be run on this session's connection.</summary>
    /// <remarks>
    /// The relations go before the SELECT in a WITH: a view would be bound once more, and be written into the catalog and dropped again, which
    /// takes as long as a small task does. A WITH knows no schemas, so that one name with a schema makes views of all.
    /// </remarks>
    /// <param name="select">One SELECT without a semicolon or a comment at its end.</param>
    /// <param name="relations">Names and rows, each after those that it reads.</param>
    public string Over(string select, IReadOnlyList<(string Name, Relation Rows)> relations)
    {
        if (relations.Count == 0)
            return select;
        if (relations.Any(r => r.Name.Contains('.', StringComparison.Ordinal)))
        {
            foreach (var (name, rows) in relations)
                Define(name, rows);
            return select;
        }

        var named = relations.Select(r => $"{SqlName.Quote(r.Name)} AS NOT MATERIALIZED (\n{r.Rows.Sql}\n)");
        return $"WITH {string.Join(",\n", named)}\nSELECT * FROM (\n{select}\n)";
    }

    /// <summary>Makes a relation without rows readable under a name: enough to bind SQL that reads it.</summary>
    public void DefineEmpty(string name, Schema schema)
    {
        Schema(name);
        Connection.Execute(CreateTable(name, schema));
        _relations[name] = "TABLE";
    }

    /// <summary>The columns that a SELECT gives, as they are stored. The SELECT is bound and not run.</summary>
    /// <exception cref="DuckException">It does not parse or does not bind; the message is the engine's, with line and caret.</exception>
    /// <exception cref="FormatException">A column has a type that cannot be stored, or two columns have one name.</exception>
    public Schema Describe(string select)
    {
        using var statement = Connection.Prepare(select);
        var columns = new Column[statement.Columns.Count];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = new Column(statement.Columns[i].Name, Stored(statement.Columns[i]));
        return new Schema(columns);
    }

    /// <summary>Describes many queries of which later ones read earlier ones, and leaves them defined without rows.</summary>
    /// <param name="queries">Names and SELECTs, each after those that it reads. What else they read must be defined.</param>
    /// <returns>One result a query, in their order. One that fails stays undefined, and those that read it fail in turn.</returns>
    public IReadOnlyList<DescribedQuery> DescribeMany(IEnumerable<(string Name, string Select)> queries)
    {
        // Preparing plans too, and half of its time goes into optimising what will never run. One transaction saves a commit a table.
        var described = new List<DescribedQuery>();
        Work();
        Connection.Execute("PRAGMA disable_optimizer; BEGIN");
        foreach (var (name, select) in queries)
        {
            try
            {
                var schema = Describe(select);
                DefineEmpty(name, schema);
                described.Add(new DescribedQuery(name, schema, null));
            }
            catch (Exception error) when (error is DuckException or FormatException)
            {
                described.Add(new DescribedQuery(name, null, error.Message));
            }
        }

        Connection.Execute("COMMIT; PRAGMA enable_optimizer");
        return described;
    }

    /// <summary>Changes a setting of the engine until the session is given back, such as <c>preserve_insertion_order</c>.</summary>
    /// <param name="setting">The engine's name of the setting.</param>
    /// <param name="value">The value as SQL, such as <c>false</c> or <c>'1GB'</c>.</param>
    public void Set(string setting, string value)
    {
        Connection.Execute($"SET {SqlName.Quote(setting)}={value}");
        _changed.Add(setting);
    }

    /// <summary>Makes the engine keep count of how far a statement is, for <see cref="DuckConnection.Progress"/>, until the session is given
    /// back.</summary>
    /// <remarks>It counts after every step of every thread: a small task pays more for that than for its rows.</remarks>
    public void CountProgress()
    {
        Connection.Execute("SET enable_progress_bar=true");
        Connection.Execute("SET enable_progress_bar_print=false");
        _countsProgress = true;
    }

    /// <summary>Runs one statement or several and drops the rows they give.</summary>
    public void Execute(string sql)
    {
        Work();
        _hasRunAnything = true;
        Connection.Execute(sql);
    }

    /// <summary>Runs one statement and streams its rows.</summary>
    public DuckResult Query(string sql)
    {
        Work();
        _hasRunAnything = true;
        return Connection.Query(sql);
    }

    /// <summary>Says that the task ended well and left nothing but the relations it defined: then dropping these is all the cleaning there is.</summary>
    public void EndTidily() => _isTidy = true;

    /// <summary>Shuts the engine in before it runs SQL that a user wrote: no file outside, no network, no change of settings.</summary>
    /// <remarks>It holds until the engine closes, so a locked session is not given back to the pool.</remarks>
    /// <param name="allowedPaths">Folders and files that stay readable and writable, such as those of the relations defined.</param>
    public void Lock(IReadOnlyList<string>? allowedPaths = null)
    {
        _isLocked = true;
        var folders = (allowedPaths ?? []).Where(Directory.Exists).Select(SqlName.Text);
        var files = (allowedPaths ?? []).Where(p => !Directory.Exists(p)).Select(SqlName.Text);
        Connection.Execute(
            $"SET allowed_directories=[{string.Join(", ", folders)}]; SET allowed_paths=[{string.Join(", ", files)}]; "
            + "SET enable_external_access=false; SET lock_configuration=true");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isRented)
            return;
        _isRented = false;
        if (!_isLocked && TryClean())
            _pool.Return(this);
        else
            Close();
    }

    internal static SqlSession Open(SqlSettings settings, SqlSessionPool pool) => new(settings, pool);

    internal SqlSession Rented()
    {
        _isRented = true;
        return this;
    }

    internal void Close()
    {
        Connection.Dispose();
        _database.Dispose();
    }

    private static string CreateTable(string name, Schema schema)
    {
        var columns = schema.Columns.Select(c => $"{SqlName.Quote(c.Name)} {c.Type.Sql}");
        return $"CREATE OR REPLACE TABLE {SqlName.QuoteRelation(name)} ({string.Join(", ", columns)})";
    }

    private static DataType Stored(DuckColumn column)
    {
        try
        {
            return DataType.Parse(column.Type.ToString());
        }
        catch (FormatException error)
        {
            throw new FormatException($"Column '{column.Name}': {error.Message}", error);
        }
    }

    /// <summary>Makes the database of this session's own, in which everything lands that names no other.</summary>
    private void Work()
    {
        if (_hasWork)
            return;
        Connection.Execute($"ATTACH ':memory:' AS {WorkName}");
        Connection.Execute($"USE {WorkName}");
        _hasWork = true;
    }

    private void Schema(string name)
    {
        Work();
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && _schemas.Add(name[..dot]))
            Connection.Execute($"CREATE SCHEMA IF NOT EXISTS {SqlName.Quote(name[..dot])}");
    }

    private bool TryClean()
    {
        try
        {
            if (_isTidy && !_hasRunAnything && !_countsProgress && _changed.Count == 0 && _schemas.Count == 0 && _relations.Count <= MostDrops)
            {
                foreach (var (name, kind) in _relations)
                    Connection.Execute($"DROP {kind} {SqlName.QuoteRelation(name)}");
                _relations.Clear();
                _isTidy = false;
                return true;
            }

            // A new connection has no transaction, temporary table, variable or prepared statement of the old one.
            Connection.Dispose();
            Connection = _database.Connect();
            _countsProgress = false;
            if (_hasWork)
                Connection.Execute($"DETACH {WorkName}");
            _hasWork = false;
            foreach (var setting in _changed)
                Connection.Execute($"RESET GLOBAL {SqlName.Quote(setting)}");
            _changed.Clear();
            _schemas.Clear();
            _relations.Clear();
            _isTidy = false;

            // Whatever was put elsewhere stays in sight of the next task. Looking costs more than a small task, so it is left out where
            // nothing but relations was defined.
            if (_hasRunAnything)
            {
                if (Connection.Query(LeftBehind).Scalar() is not 0L)
                    return false;
                Connection.Execute("SET GLOBAL TimeZone='UTC'");
                _hasRunAnything = false;
            }

            return true;
        }
        catch (DuckException)
        {
            return false;
        }
    }
}
