using System.Globalization;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>A table of its own for each test, in one PostgreSQL for all.</summary>
public abstract class PostgresTestBase(PostgresServer server) : ConnectorTests
{
    private readonly string _table = "rows_" + Guid.NewGuid().ToString("N");
    private CuttingProxy? _proxy;
    private bool _isMade;

    protected PostgresServer Server => server;

    protected string Table => _table;

    protected override string? Missing => server.Missing;

    protected override string Called => "'shop' on 127.0.0.1";

    protected virtual bool IsKeyed => false;

    public override void Dispose()
    {
        _proxy?.Dispose();
        base.Dispose();
    }

    protected string Of(int port, string what, string more) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        type: postgres
        postgres:
          host: 127.0.0.1
          port: {{port}}
          database: shop
          user: boss
          password: ${env:SECRET}
          {{what}}
        {{more}}
        """);

    protected string Made()
    {
        if (!_isMade)
            server.Sql($"CREATE TABLE IF NOT EXISTS {_table} (id bigint{(IsKeyed ? " PRIMARY KEY" : "")}, name text)", "shop");
        _isMade = true;
        return _table;
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        Made();
        using var connection = new Npgsql.NpgsqlConnection(server.Connection("shop"));
        connection.Open();
        using var copy = connection.BeginTextImport($"COPY {_table} (id, name) FROM STDIN");
        foreach (var (id, name) in rows)
            copy.Write(string.Create(CultureInfo.InvariantCulture, $"{id}\t{name}\n"));
    }

    protected override string? BreakOff()
    {
        _proxy = new CuttingProxy(server.Port, 60_000);
        return Definition.Replace($"port: {server.Port}", $"port: {_proxy.Port}", StringComparison.Ordinal);
    }

    protected override void Mend() => _proxy!.Dispose();
}
