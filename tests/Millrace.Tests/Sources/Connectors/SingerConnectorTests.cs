using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Taps as commands: shell scripts that write Singer's lines.</summary>
public sealed class SingerConnectorTests : ConnectorTests
{
    protected override string? Missing => Child.Find("sh") is null ? "There is no sh." : null;

    protected override string Called => "The tap './tap.sh'";

    protected override string Definition => Of("command: ./tap.sh", "config: {token: '${env:SECRET}', pages: 3, deep: 'true'}");

    protected override string? Endless => Script("endless.sh", "echo '{\"type\":\"STATE\",\"value\":{}}'; sleep 1000 & wait");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_taps_state_is_the_cursor_and_settings_come_as_files_that_do_not_stay()
    {
        Skip();
        Put(Rows(1, 3));
        var landing = Fetch(Definition, null, Cancellation, out var result);
        Assert.Equal("""{"singer":{"last":3}}""", result.State!.ToJsonString());
        Assert.Equal(3, File.ReadAllLines(landing.Files[0].Path).Length);
        var seen = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "config.seen")))!;
        Assert.Equal((Secret, 3, true), ((string)seen["token"]!, (int)seen["pages"]!, (bool)seen["deep"]!));
        var words = File.ReadAllText(Path.Combine(Folder, "words.seen"));
        Assert.DoesNotContain(Secret, words, StringComparison.Ordinal);
        Assert.False(File.Exists(words.Split(' ')[1]));
    }

    [Fact]
    public void The_tap_sees_the_variables_that_are_declared_and_no_other()
    {
        Skip();
        Environment.SetEnvironmentVariable("MILLRACE_TEST_LEAK", "leak");
        var definition = Script("env.sh", "env > env.seen", "environment: {TAP_TOKEN: '${env:SECRET}'}");
        Fetch(definition, null, Cancellation, out _);
        var seen = File.ReadAllLines(Path.Combine(Folder, "env.seen"));
        Assert.Contains("TAP_TOKEN=" + Secret, seen);
        Assert.DoesNotContain(seen, l => l.Contains("leak", StringComparison.Ordinal) || l.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_tap_says_is_passed_on_without_secrets()
    {
        Skip();
        Fetch(Script("loud.sh", "echo \"INFO token is $T\" >&2", "environment: {T: '${env:SECRET}'}"), null, Cancellation, out _);
        Assert.Equal(["INFO token is ***"], Said);
    }

    [Fact]
    public void Records_keep_the_digits_of_their_numbers()
    {
        Skip();
        var landing = Fetch(Script("digits.sh", """echo '{"type":"RECORD","stream":"a","record":{"id":1,"n":0.10000000000000000001,"t":"ü"}}'"""), null, Cancellation, out _);
        Assert.Equal("{\"id\":1,\"n\":0.10000000000000000001,\"t\":\"ü\"}\n", File.ReadAllText(landing.Files[0].Path));
    }

    [Theory]
    [InlineData("echo 'Traceback: s3cret-of-the-place'", "line 1, which is no JSON: Traceback: ***")]
    [InlineData("echo '{\"no\":1}'", "lacks 'type'")]
    [InlineData("echo '{\"type\":\"RECORD\",\"stream\":\"a\",\"record\":{\"id\":1}}'; echo oops >&2; exit 3", "ended with code 3 after 1 records")]
    [InlineData("echo '{\"type\":\"RECORD\",\"stream\":\"a\",\"record\":{\"id\":1}}'; kill -9 $$", "ended with code 137 after 1 records")]
    [InlineData("printf '{\"type\":\"RECORD\",\"stream\":\"a\",\"rec'", "is no JSON")]
    [InlineData("echo '{\"type\":\"RECORD\",\"stream\":\"a\",\"record\":{}}'; echo '{\"type\":\"RECORD\",\"stream\":\"b\",\"record\":{}}'", "more than one stream ('a', 'b')")]
    [InlineData("echo '{\"type\":\"BATCH\",\"stream\":\"a\"}'", "is a BATCH")]
    [InlineData("head -c 3000000 /dev/zero | tr '\\0' x", "Raise 'max_line_mb'")]
    public void A_tap_that_goes_wrong_is_an_error_that_says_how(string script, string said)
    {
        Skip();
        var error = Assert.Throws<SourceException>(() => Fetch(Script("bad.sh", script, "config: {token: '${env:SECRET}'}\n  max_line_mb: 1"), null, Cancellation, out _));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("bad.sh", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_the_tap_lacks_a_command_that_is_not_there_and_a_tap_that_takes_too_long_are_named()
    {
        Skip();
        Put(Rows(1, 1));
        Assert.Contains("It wrote: rows", Assert.Throws<SourceException>(() => Load(Of("command: ./tap.sh", "stream: issues"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be started", Assert.Throws<SourceException>(() => Load(Of("command: tap-that-is-not-there", ""))).Message, StringComparison.Ordinal);
        Assert.Contains("timeout_minutes", Assert.Throws<SourceException>(() => Load(Script("slow.sh", "sleep 1000 & wait", "timeout_minutes: 0.02"))).Message, StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        var lines = new StringBuilder();
        foreach (var (id, name) in rows)
            lines.Append(CultureInfo.InvariantCulture, $"{{\"type\":\"RECORD\",\"stream\":\"rows\",\"record\":{{\"id\":{id},\"name\":\"{name}\"}}}}\n");
        File.AppendAllText(Path.Combine(Folder, "rows.txt"), lines.ToString());

        // Sends the lines after the state's count, and the count as the new state.
        Script("tap.sh", """
            last=0; config=; echo "$*" > words.seen
            while [ $# -gt 0 ]; do
              case "$1" in
                --state) last=$(sed 's/[^0-9]//g' "$2") ;;
                --config) cat "$2" > config.seen ;;
              esac
              shift 2
            done
            echo '{"type":"SCHEMA","stream":"rows","schema":{},"key_properties":["id"]}'
            [ -e die ] && { tail -n +$((last + 1)) rows.txt | head -n 2500; echo "lost with $(cat config.seen)" >&2; exit 1; }
            tail -n +$((last + 1)) rows.txt
            printf '{"type":"STATE","value":{"last":%d}}\n' "$(wc -l < rows.txt)"
            """);
    }

    protected override string? BreakOff()
    {
        File.WriteAllText(Path.Combine(Folder, "die"), "");
        return Definition;
    }

    protected override void Mend() => File.Delete(Path.Combine(Folder, "die"));

    private string Script(string name, string text, string more = "")
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + text.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Of("command: ./" + name, more);
    }

    private static string Of(string command, string more) => $"type: singer\nsinger:\n  {command}\n  {more}";
}
