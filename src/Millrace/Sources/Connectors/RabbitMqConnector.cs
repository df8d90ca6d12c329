using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Assets.Definitions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Sources.Connectors;

/// <summary>A queue of RabbitMQ, drained.</summary>
internal sealed class RabbitMqConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "rabbitmq";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "rabbitmq section",
        "A queue of RabbitMQ.",
        new Key("queue", KeyKind.Text, "The queue. It must be there.") { IsRequired = true, Example = "orders" },
        new Key("host", KeyKind.Text, "The broker's name or address.") { Default = "localhost", Example = "mq.example.com" },
        new Key("port", KeyKind.Integer, "The broker's port.") { Default = 5672, Minimum = 1, Maximum = 65535 },
        new Key("virtual_host", KeyKind.Text, "The virtual host.") { Default = "/" },
        new Key("user", KeyKind.Text, "Who reads.") { IsRequired = true, Example = "reader" },
        new Key("password", KeyKind.Text, "The user's password, as a reference.") { Example = "${env:MQ_PASSWORD}" },
        new Key("tls", KeyKind.Flag, "True for an encrypted connection, with the broker's certificate checked.") { Default = false },
        new Key("max_messages", KeyKind.Integer, "A load takes no more messages; the others wait for the next one.") { Default = 100_000, Minimum = 1, Maximum = 10_000_000 },
        new Key("max_minutes", KeyKind.Number, "A load takes messages no longer; the broker gives up waiting for an acknowledgement after 30 minutes.") { Default = 10, Minimum = 0.01, Maximum = 1440 },
        new Key("delivery", KeyKind.Word, "exactly_once needs the column _message_id as the source's key; at_least_once admits that a message may come twice.")
        {
            Words = ["exactly_once", "at_least_once"],
            Default = "exactly_once",
        });

    /// <inheritdoc/>
    public Place? Read(Section section) => section.Text("queue") is not { Length: > 0 } queue || section.Text("user") is not { } user
        ? null
        : new RabbitMqPlace
        {
            Queue = queue,
            Host = section.Text("host") ?? "localhost",
            Port = (int)(section.Integer("port") ?? 5672),
            VirtualHost = section.Text("virtual_host") ?? "/",
            User = user,
            Password = section.Text("password"),
            IsEncrypted = section.Flag("tls") ?? false,
            MaxMessages = section.Integer("max_messages") ?? 100_000,
            MaxTime = TimeSpan.FromMinutes(section.Number("max_minutes") ?? 10),
            IsExactlyOnce = section.Text("delivery") != "at_least_once",
        };
}

/// <summary>A queue of RabbitMQ.</summary>
/// <remarks>
/// A message stays the broker's until its row stands: it is acknowledged only then, and comes again after any failure before. The broker may
/// give a message twice all the same; its id, which the sender sets, tells the two apart, as the source's key.
/// </remarks>
internal sealed record RabbitMqPlace : Place
{
    /// <summary>What a message has beside its body; a row has those that the contract declares.</summary>
    private const string MessageId = "_message_id", RoutingKey = "_routing_key", Exchange = "_exchange", SentAt = "_sent_at", Redelivered = "_redelivered", Body = "_body";

    public required string Queue { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    public string VirtualHost { get; init; } = "/";

    public required string User { get; init; }

    public string? Password { get; init; }

    public bool IsEncrypted { get; init; }

    public long MaxMessages { get; init; } = 100_000;

    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(10);

    public bool IsExactlyOnce { get; init; } = true;

    /// <inheritdoc/>
    public override string Identity => $"rabbitmq {VirtualHost} {Queue}";

    /// <inheritdoc/>
    public override string Format => "ndjson";

    /// <inheritdoc/>
    public override bool ForgetsWhatItGave => true;

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        if (IsExactlyOnce && !(request.Source.KeyColumns is [var key] && key.Equals(MessageId, StringComparison.OrdinalIgnoreCase)))
        {
            throw new SourceException(
                $"{request.Source.File} reads a queue, which may give a message twice, and nothing tells the two apart. Declare the column {MessageId} (varchar) and "
                + $"write key: {MessageId}; or, if the senders set no message id, write delivery: at_least_once in the section 'rabbitmq'.");
        }

        try
        {
            return FetchAsync(request, cancellationToken).ConfigureAwait(false).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or TimeoutException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(e, request.Secrets);
        }
    }

    private string Where(Secrets secrets) => secrets.Hide(string.Create(CultureInfo.InvariantCulture, $"The queue '{Queue}' of RabbitMQ on {Host}:{Port}"));

    private async Task<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            HostName = request.Secrets.Resolve(Host), Port = Port, VirtualHost = request.Secrets.Resolve(VirtualHost), UserName = request.Secrets.Resolve(User),
            Password = Password is null ? "" : request.Secrets.Resolve(Password), AutomaticRecoveryEnabled = false, ClientProvidedName = "millrace",
            RequestedConnectionTimeout = TimeSpan.FromSeconds(30),
        };
        if (IsEncrypted)
            factory.Ssl = new SslOption(factory.HostName) { Enabled = true };
        var connection = await factory.CreateConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var (landed, rows, last) = await Drain(channel, request, cancellationToken).ConfigureAwait(false);
            if (rows == 0)
            {
                request.Landing.Withdraw(landed.Name);
                await connection.DisposeAsync().ConfigureAwait(false);
                return new FetchResult { Receipts = [] };
            }

            return new FetchResult
            {
                Receipts = [new Receipt(Where(request.Secrets), [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), new Dictionary<string, string>
                {
                    ["messages"] = rows.ToString(CultureInfo.InvariantCulture),
                })],
                Acknowledge = () => Acknowledge(connection, channel, last).ConfigureAwait(false).GetAwaiter().GetResult(),
                Abandon = () => Close(connection).ConfigureAwait(false).GetAwaiter().GetResult(),
            };
        }
        catch
        {
            await Close(connection).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<(LandedFile Landed, long Rows, ulong Last)> Drain(IChannel channel, FetchRequest request, CancellationToken cancellationToken)
    {
        var declared = request.Source.Columns.Select(c => c.Name.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
        var began = request.Time.GetTimestamp();
        ulong last = 0;
        using var lines = new JsonLines(request.Landing, "messages.ndjson");
        while (lines.Rows < MaxMessages && request.Time.GetElapsedTime(began) < MaxTime)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A token handed in would keep each answer until the load ends.
            if (await channel.BasicGetAsync(Queue, autoAck: false, CancellationToken.None).ConfigureAwait(false) is not { } message)
                break;
            last = message.DeliveryTag;
            if (IsExactlyOnce && string.IsNullOrEmpty(message.BasicProperties.MessageId))
            {
                throw new SourceException(
                    $"{Where(request.Secrets)} has a message without an id, by which one that comes twice would be known. It begins with: {Start(message.Body)}. "
                    + "Let the sender set message_id, or write delivery: at_least_once. All messages stay in the queue.");
            }

            Write(lines, message, declared);
        }

        return (lines.Close(), lines.Rows, last);
    }

    /// <summary>A body that is one JSON object becomes the row; any other goes on as it is, to be put aside with its text unless the contract has a column for it.</summary>
    private static void Write(JsonLines lines, BasicGetResult message, HashSet<string> declared)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(message.Body);
        }
        catch (JsonException)
        {
            // What it is instead is for the contract to say.
        }

        using (document)
        {
            var isObject = document is { RootElement.ValueKind: JsonValueKind.Object };
            if (!isObject && !declared.Contains(Body))
            {
                lines.Raw(OneLine(message.Body.Span));
                return;
            }

            var json = lines.Json;
            json.WriteStartObject();
            if (isObject)
            {
                foreach (var member in document!.RootElement.EnumerateObject().Where(m => !IsOurs(m.Name, declared)))
                    member.WriteTo(json);
            }

            var properties = message.BasicProperties;
            if (declared.Contains(MessageId))
                json.WriteString(MessageId, string.IsNullOrEmpty(properties.MessageId) ? null : properties.MessageId);
            if (declared.Contains(RoutingKey))
                json.WriteString(RoutingKey, message.RoutingKey);
            if (declared.Contains(Exchange))
                json.WriteString(Exchange, message.Exchange);
            if (declared.Contains(SentAt))
                json.WriteString(SentAt, properties.IsTimestampPresent() ? DateTimeOffset.FromUnixTimeSeconds(properties.Timestamp.UnixTime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null);
            if (declared.Contains(Redelivered))
                json.WriteBoolean(Redelivered, message.Redelivered);
            if (declared.Contains(Body))
                json.WriteString(Body, Encoding.UTF8.GetString(message.Body.Span));
            json.WriteEndObject();
            lines.End();
        }
    }

    private static bool IsOurs(string name, HashSet<string> declared) =>
        name is MessageId or RoutingKey or Exchange or SentAt or Redelivered or Body && declared.Contains(name);

    /// <summary>A text of several lines as one JSON text, so that it stays one record.</summary>
    private static byte[] OneLine(ReadOnlySpan<byte> body)
    {
        var isPlain = body.IndexOfAny((byte)'\n', (byte)'\r') < 0 && System.Text.Unicode.Utf8.IsValid(body) && !body.Trim(" \t"u8).IsEmpty;
        return isPlain ? body.ToArray() : Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Encoding.UTF8.GetString(body), RabbitMqJson.Default.String));
    }

    private static async Task Acknowledge(IConnection connection, IChannel channel, ulong last)
    {
        // A second call finds the connection closed: the first one said it.
        if (!channel.IsOpen)
            return;
        await channel.BasicAckAsync(last, multiple: true).ConfigureAwait(false);
        await channel.CloseAsync().ConfigureAwait(false);
        await connection.CloseAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task Close(IConnection connection)
    {
        try
        {
            await connection.CloseAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It is gone; the broker puts its messages back.
        }
    }

    private static string Start(ReadOnlyMemory<byte> body) => new([.. Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, 100)]).Select(c => char.IsControl(c) ? ' ' : c)]);

    private SourceException Explain(Exception e, Secrets secrets)
    {
        var causes = new List<Exception>();
        for (var cause = e; cause is not null; cause = cause.InnerException)
            causes.Add(cause);
        var advice = causes switch
        {
            _ when causes.Any(c => c is AuthenticationFailureException or PossibleAuthenticationFailureException) || causes.Any(c => c.Message.Contains("ACCESS_REFUSED", StringComparison.Ordinal)) =>
                "Check 'user', 'password' and 'virtual_host', and what this user may read.",
            _ when causes.Any(c => c is OperationInterruptedException { ShutdownReason.ReplyCode: 404 }) => "There is no such queue. Check 'queue' and 'virtual_host'.",
            _ when causes.Any(c => c is BrokerUnreachableException) => "Check 'host' and 'port', and that the broker runs.",
            _ => "The messages stay in the queue. Run again once the broker is well.",
        };
        return new SourceException($"{Where(secrets)}: {secrets.Hide(causes[^1].Message).TrimEnd('.')}. {advice}", e);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class RabbitMqJson : System.Text.Json.Serialization.JsonSerializerContext;
