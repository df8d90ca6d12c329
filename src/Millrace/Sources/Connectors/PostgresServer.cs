using System.Globalization;
using Millrace.Assets.Definitions;
using Npgsql;

namespace Millrace.Sources.Connectors;

/// <summary>How a PostgreSQL database is reached: the same keys wherever rows come from one or go to one.</summary>
internal sealed record PostgresServer(string Host, int Port, string Database, string User, string? Password, string Ssl, string? RootCertificate)
{
    /// <summary>The keys of a section that names a database.</summary>
    public static IReadOnlyList<Key> Keys { get; } =
    [
        new Key("host", KeyKind.Text, "The server's name or address.") { Default = "localhost", Example = "db.example.com" },
        new Key("port", KeyKind.Integer, "The server's port.") { Default = 5432, Minimum = 1, Maximum = 65535 },
        new Key("database", KeyKind.Text, "The database's name.") { IsRequired = true, Example = "shop" },
        new Key("user", KeyKind.Text, "Who comes.") { IsRequired = true, Example = "reader" },
        new Key("password", KeyKind.Text, "The user's password, as a reference.") { Example = "${env:SHOP_PASSWORD}" },
        new Key("ssl", KeyKind.Word, "Whether the connection is encrypted; verify_full checks the server's certificate and name, too.")
        {
            Words = ["disable", "prefer", "require", "verify_ca", "verify_full"],
            Default = "prefer",
        },
        new Key("root_certificate", KeyKind.Text, "The file of the authority that signed the server's certificate, relative to the project folder."),
    ];

    /// <summary>Reads the keys; null after a mistake.</summary>
    public static PostgresServer? Read(Section section) => section.Text("database") is not { } database || section.Text("user") is not { } user
        ? null
        : new PostgresServer(
            section.Text("host") ?? "localhost", (int)(section.Integer("port") ?? 5432), database, user, section.Text("password"), section.Text("ssl") ?? "prefer",
            section.Text("root_certificate"));

    /// <summary>The connection's settings with the secrets in them.</summary>
    /// <param name="secrets">Resolves references.</param>
    /// <param name="folder">The project's folder, for the certificate.</param>
    public NpgsqlConnectionStringBuilder Connect(Secrets secrets, string folder)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = secrets.Resolve(Host), Port = Port, Database = secrets.Resolve(Database), Username = secrets.Resolve(User),
            Password = Password is null ? null : secrets.Resolve(Password),
            SslMode = Ssl switch
            {
                "disable" => SslMode.Disable,
                "require" => SslMode.Require,
                "verify_ca" => SslMode.VerifyCA,
                "verify_full" => SslMode.VerifyFull,
                _ => SslMode.Prefer,
            },
            Pooling = false, Timeout = 30, CommandTimeout = 0, TcpKeepAlive = true, ApplicationName = "millrace", Enlist = false,
        };
        if (RootCertificate is not null)
            text.RootCertificate = Path.Combine(folder, secrets.Resolve(RootCertificate));
        return text;
    }

    /// <summary>Where it is, for messages.</summary>
    public string Where(Secrets secrets) => secrets.Hide(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL database '{Database}' on {Host}:{Port}"));
}
