using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Sources;
using RabbitMQ.Client;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Queues of a real RabbitMQ.</summary>
[Collection(nameof(RabbitServer))]
public sealed class RabbitMqConnectorTests(RabbitServer server) : ConnectorTests
{
    private readonly string _queue = "q" + Guid.NewGuid().ToString("N");
    private CuttingProxy? _proxy;

    protected override string? Missing => server.Missing;

    protected override string Called => $"The queue '{_queue}' of RabbitMQ on 127.0.0.1";

    protected override string Columns => "key: _message_id\ncolumns: [{name: id, type: bigint}, {name: name, type: varchar}, {name: _message_id, type: varchar}]";

    protected override string Definition => Of(server.Port, "");

    protected override (int Count, int Bytes) Many => (30_000, 4000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public override void Dispose()
    {
        _proxy?.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Messages_stay_the_brokers_until_their_rows_stand()
    {
        Skip();
        Put(Rows(1, 5));
        Fetch(Definition, null, Cancellation, out var first);
        Assert.Equal(0u, Waiting());
        first.Abandon!();
        Assert.Equal(5u, Settled(5));
        var again = Fetch(Definition, null, Cancellation, out var second);
        Assert.Equal(5, File.ReadAllLines(again.Files[0].Path).Length);
        second.Acknowledge!();
        second.Acknowledge!();
        Assert.Equal(0u, Settled(0));
        Assert.Empty(Fetch(Definition, null, Cancellation, out _).Files);
    }

    [Fact]
    public void What_a_message_has_beside_its_body_comes_where_the_contract_wants_it()
    {
        Skip();
        Put([]);
        Send("{\n\"id\": 1, \"n\": 1.10, \"_message_id\": \"forged\"}", "m-1");
        Send("[1, 2]", "m-2");
        var landing = Fetch(
            Definition + "\nkey: _message_id\ncolumns: [{name: id, type: bigint}, {name: _message_id, type: varchar}, {name: _routing_key, type: varchar}, {name: _sent_at, type: timestamptz}, {name: _redelivered, type: boolean}, {name: _body, type: varchar}]",
            null, Cancellation, out var result);
        var rows = File.ReadAllLines(landing.Files[0].Path);
        var row = JsonNode.Parse(rows[0])!;
        Assert.Equal(("m-1", _queue, "2026-01-02T03:04:05Z", false), ((string)row["_message_id"]!, (string)row["_routing_key"]!, (string)row["_sent_at"]!, (bool)row["_redelivered"]!));
        Assert.Contains("\"n\":1.10", rows[0], StringComparison.Ordinal);
        Assert.Equal(("m-2", "[1, 2]"), ((string)JsonNode.Parse(rows[1])!["_message_id"]!, (string)JsonNode.Parse(rows[1])!["_body"]!));
        result.Acknowledge!();
    }

    [Fact]
    public void A_body_that_is_no_object_stays_one_line_to_be_put_aside()
    {
        Skip();
        Put([]);
        Send("not json", "1");
        Send("two\nlines", "2");
        var landing = Fetch(Definition, null, Cancellation, out var result);
        Assert.Equal(["not json", "\"two\\nlines\""], File.ReadAllLines(landing.Files[0].Path));
        result.Acknowledge!();
    }

    [Fact]
    public void Exactly_once_asks_for_ids_and_at_least_once_has_to_be_said()
    {
        Skip();
        Put([]);
        Send("{\"id\": 1}", null);
        var columns = "\ncolumns: [{name: id, type: bigint}]";
        Assert.Contains("at_least_once", Assert.Throws<SourceException>(() => Fetch(Definition + columns, null, Cancellation, out _)).Message, StringComparison.Ordinal);
        Assert.Contains("message without an id", Assert.Throws<SourceException>(() => Fetch(Definition, null, Cancellation, out _)).Message, StringComparison.Ordinal);
        Assert.Equal(1u, Settled(1));
        var landing = Fetch(Of(server.Port, "delivery: at_least_once") + columns, null, Cancellation, out var result);
        Assert.Single(File.ReadAllLines(landing.Files[0].Path));
        result.Acknowledge!();
    }

    [Fact]
    public void A_load_takes_no_more_than_it_may()
    {
        Skip();
        Put(Rows(1, 10));
        Assert.Equal(Ids(1, 4), Load(Of(server.Port, "max_messages: 4")));
        Assert.Equal(Ids(5, 6), Load());
    }

    [Fact]
    public void Mistakes_are_named_with_their_way_out()
    {
        Skip();
        Put(Rows(1, 1));
        string Fails(string definition) => Assert.Throws<SourceException>(() => Fetch(definition, null, Cancellation, out _)).Message;
        Assert.Contains("There is no such queue", Fails(Definition.Replace(_queue, "nothing", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Check 'user', 'password'", Fails(Definition.Replace("user: boss", "user: nobody", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Check 'host' and 'port'", Fails(Of(Child.FreePort(), "")), StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows) => PutAsync(rows).GetAwaiter().GetResult();

    protected override string? BreakOff()
    {
        _proxy = new CuttingProxy(server.Port, 60_000);
        return Of(_proxy.Port, "");
    }

    protected override void Mend()
    {
        _proxy!.Dispose();
        Settled(5000);
    }

    private string Of(int port, string more) => string.Create(CultureInfo.InvariantCulture, $$"""
        type: rabbitmq
        rabbitmq:
          host: 127.0.0.1
          port: {{port}}
          user: boss
          password: ${env:SECRET}
          queue: {{_queue}}
          {{more}}
        """);

    private async Task PutAsync(IEnumerable<(long Id, string Name)> rows)
    {
        await using var connection = await server.Factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(_queue, durable: true, exclusive: false, autoDelete: false);
        foreach (var (id, name) in rows)
        {
            var body = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"name\":\"{name}\"}}"));
            await channel.BasicPublishAsync("", _queue, false, new BasicProperties { MessageId = id.ToString(CultureInfo.InvariantCulture) }, body);
        }

        await channel.CloseAsync();
    }

    private void Send(string body, string? id) => SendAsync(body, id).GetAwaiter().GetResult();

    private async Task SendAsync(string body, string? id)
    {
        await using var connection = await server.Factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var properties = new BasicProperties { Timestamp = new AmqpTimestamp(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).ToUnixTimeSeconds()) };
        if (id is not null)
            properties.MessageId = id;
        await channel.BasicPublishAsync("", _queue, false, properties, Encoding.UTF8.GetBytes(body));
    }

    private uint Waiting() => WaitingAsync().GetAwaiter().GetResult();

    private async Task<uint> WaitingAsync()
    {
        await using var connection = await server.Factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return (await channel.QueueDeclarePassiveAsync(_queue)).MessageCount;
    }

    /// <summary>The broker puts messages back a moment after their connection is gone.</summary>
    private uint Settled(uint count)
    {
        for (var i = 0; i < 600 && Waiting() != count; i++)
            Thread.Sleep(100);
        return Waiting();
    }
}
