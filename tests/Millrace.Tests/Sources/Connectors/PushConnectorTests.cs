using System.Globalization;
using System.Text;
using Millrace.Assets;
using Millrace.Sources;
using Millrace.Sources.Connectors;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>The inbox of a source that is pushed to.</summary>
public sealed class PushConnectorTests : ConnectorTests
{
    private static readonly AssetKey Key = new(AssetKind.Source, "rows");

    private int _pushed;

    protected override string Called => "The inbox of rows";

    protected override string Definition => "type: push\npush: {}";

    private string Home => Path.Combine(Folder, "home");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_key_counts_once_also_after_the_inbox_was_opened_anew()
    {
        InboxAnswer first;
        using (var inbox = Open())
        {
            first = Push(inbox, "{\"id\":1}\n", "k");
            Assert.Equal(first with { IsRepeated = true }, Push(inbox, "{\"id\":1}\n", "k"));
        }

        using (var inbox = Open())
        {
            Assert.Equal(first with { IsRepeated = true }, Push(inbox, "{\"id\":1}\n", "k"));
            Assert.True(Push(inbox, "{\"id\":2}\n", "k").IsConflict);
            Assert.Equal(2, Push(inbox, "{\"id\":2}\n", null).Sequence);
            Assert.Equal(3, Push(inbox, "{\"id\":2}", null).Sequence);
        }

        var landing = Fetch(Definition, null, Cancellation, out var result);
        Assert.Equal("{\"id\":1}\n{\"id\":2}\n{\"id\":2}\n", File.ReadAllText(landing.Files[0].Path));
        Assert.Equal("""{"sequence":3}""", result.State!.ToJsonString());
    }

    [Fact]
    public void Wherever_the_newest_request_was_torn_it_is_gone_wholly_and_the_others_stand()
    {
        using (var inbox = Open())
        {
            Push(inbox, "{\"id\":1}\n", "a");
            Push(inbox, "{\"id\":2}\n", "b");
        }

        var segment = Directory.EnumerateFiles(Inbox.FolderOf(Home, Key), "*.inbox").Single();
        var whole = File.ReadAllBytes(segment);
        var second = Encoding.UTF8.GetString(whole).LastIndexOf("{\"sequence\":2", StringComparison.Ordinal);
        for (var length = second; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(segment, whole[..length]);
            Assert.Equal("{\"id\":1}\n", Landed());
            using var inbox = Open();
            Assert.Equal(1, inbox.Sequence);
            Assert.Equal((2L, false), (Push(inbox, "{\"id\":3}\n", "b").Sequence, false));
        }

        // Power loss may leave the length without the bytes.
        File.WriteAllBytes(segment, [.. whole[..^4], 0, 0, 0, 0]);
        using (var inbox = Open())
            Assert.Equal(1, inbox.Sequence);
    }

    [Fact]
    public void A_damaged_middle_is_an_error_that_names_the_file()
    {
        using (var inbox = Open())
        {
            Push(inbox, "{\"id\":1}\n", null);
            Push(inbox, "{\"id\":2}\n", null);
        }

        var segment = Directory.EnumerateFiles(Inbox.FolderOf(Home, Key), "*.inbox").Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[Encoding.UTF8.GetString(bytes).IndexOf("{\"id\":1}", StringComparison.Ordinal) + 6] = (byte)'7';
        File.WriteAllBytes(segment, bytes);
        Assert.Contains(Path.GetFileName(segment), Assert.Throws<SourceException>(() => Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_body_goes_through_a_file_and_stands_whole()
    {
        var body = string.Concat(Enumerable.Range(0, 50_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{i},\"name\":\"ü🙂{i}\"}}\n")));
        using (var inbox = Open())
            Assert.Equal(50_000, Push(inbox, body, "large").Rows);
        Assert.Equal(body, Landed());
        Assert.Empty(Directory.EnumerateFiles(Inbox.FolderOf(Home, Key), "*.part"));
    }

    [Fact]
    public void A_load_takes_no_more_than_it_may_and_the_next_one_goes_on()
    {
        using (var inbox = Open())
        {
            for (var i = 1; i <= 4; i++)
                Push(inbox, $"{{\"id\":{i},\"name\":\"{new string('x', 600)}\"}}\n", null);
        }

        var definition = "type: push\npush: {max_load_mb: 0.001}";
        Assert.Equal([1], Load(definition));
        Assert.Equal([2], Load(definition));
        Assert.Equal([3, 4], Load());
    }

    [Fact]
    public void Letters_that_are_none_lines_that_are_too_long_and_bodies_that_are_too_large_are_refused_and_nothing_stands()
    {
        using var inbox = Open();
        byte[][] wrong = [[0xff], [0xc3, 0x28], [0xe2, 0x82], [.. "{}\n"u8, 0xf0, 0x9f, 0x99]];
        foreach (var body in wrong)
        {
            using var upload = inbox.Begin(new InboxLimits());
            Assert.Throws<InboxRefusal>(() =>
            {
                foreach (var b in body)
                    upload.Write([b]);
                inbox.Append(upload, null);
            });
        }

        using (var upload = inbox.Begin(new InboxLimits(100, 10)))
            Assert.True(Assert.Throws<InboxRefusal>(() => upload.Write("{\"a\":12345}"u8)).IsTooLarge);
        using (var upload = inbox.Begin(new InboxLimits(5)))
            Assert.True(Assert.Throws<InboxRefusal>(() => upload.Write("{}\n{}\n"u8)).IsTooLarge);
        Assert.Equal(0, inbox.Sequence);
    }

    [Fact]
    public void One_process_writes()
    {
        using var inbox = Open();
        Assert.Throws<IOException>(() => Open());
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        using var inbox = Open();
        foreach (var some in rows.Chunk(1000))
            Push(inbox, string.Concat(some.Select(r => string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{r.Id},\"name\":\"{r.Name}\"}}\n"))), $"put-{++_pushed}");
    }

    protected override string? BreakOff()
    {
        var segment = Directory.EnumerateFiles(Inbox.FolderOf(Home, Key), "*.inbox").Single();
        File.Copy(segment, segment + ".whole");
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length / 2] ^= 0x20;
        File.WriteAllBytes(segment, bytes);
        return Definition;
    }

    protected override void Mend()
    {
        var whole = Directory.EnumerateFiles(Inbox.FolderOf(Home, Key), "*.whole").Single();
        File.Move(whole, whole[..^6], overwrite: true);
    }

    private Inbox Open() => Inbox.Open(Home, Key, TimeProvider.System);

    private string Landed() => File.ReadAllText(Fetch(Definition, null, Cancellation, out _).Files[0].Path);

    private static InboxAnswer Push(Inbox inbox, string body, string? key)
    {
        using var upload = inbox.Begin(new InboxLimits());
        upload.Write(Encoding.UTF8.GetBytes(body));
        return inbox.Append(upload, key);
    }
}
