using System.Globalization;
using System.Reflection;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Millrace.Ledger;

/// <summary>Brings a database file to the newest state: numbered scripts, each in one transaction, never changed once released.</summary>
internal static class MigrationRunner
{
    public static void Migrate(SqliteConnection connection, string prefix)
    {
        connection.Execute("create table if not exists schema_version (version bigint primary key)");
        var standing = Standing(connection, null);
        var scripts = Scripts(prefix);
        if (standing > scripts[^1].Number)
            throw new InvalidDataException(
                $"{connection.DataSource} has schema version {standing}; this Millrace knows up to {scripts[^1].Number}. Use the newer Millrace that wrote it.");

        foreach (var (number, sql) in scripts.Where(s => s.Number > standing))
        {
            // Another process that opens the same new file may have done it while this one waited.
            using var transaction = connection.BeginTransaction(deferred: false);
            if (Standing(connection, transaction) >= number)
                continue;
            connection.Execute(sql, transaction: transaction);
            connection.Execute("insert into schema_version values (@number)", new { number }, transaction);
            transaction.Commit();
        }
    }

    private static long Standing(SqliteConnection connection, SqliteTransaction? transaction) =>
        connection.ExecuteScalar<long>("select coalesce(max(version), 0) from schema_version", transaction: transaction);

    private static List<(long Number, string Sql)> Scripts(string prefix)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
                var number = n[prefix.Length..^4].TrimStart('.', '_');
                return (long.Parse(number, CultureInfo.InvariantCulture), reader.ReadToEnd());
            })];
    }
}
