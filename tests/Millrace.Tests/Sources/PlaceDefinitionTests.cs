using Millrace.Assets;
using Millrace.Sources;

namespace Millrace.Tests.Sources;

/// <summary>The keys of a source whose place is asked: what fits, and what each mistake is told.</summary>
public sealed class PlaceDefinitionTests
{
    [Fact]
    public void A_place_has_a_section_a_format_a_key_a_cursor_and_a_mode()
    {
        var source = Read("type: folder\nfolder: {path: in}\nformat: csv\nkey: [id]\nmode: merge\ncursor: {column: AT, lag: 2h, order: desc, on_missing: include, start: open}\nlanding: {keep: always}", out var problems);
        Assert.Empty(problems);
        Assert.Equal(("folder", "csv", LoadMode.Merge, null), (source!.Type, source.Format, source.Mode, source.KeepLanded));
        Assert.Equal(["id"], source.KeyColumns);
        var cursor = source.Cursor!;
        Assert.Equal(("at", 7200m, CursorOrder.Descending, OnMissing.Include, false), (cursor.Column, cursor.Lag, cursor.Order, cursor.OnMissing, cursor.IsStartClosed));
    }

    [Theory]
    [InlineData("type: folder\nformat: csv", "missing-key", "lacks the section 'folder'")]
    [InlineData("type: folder\nfolder: {path: in}", "missing-key", "lacks the key 'format'")]
    [InlineData("type: csv", "missing-key", "lacks the key 'path'")]
    [InlineData("type: csv\npath: a.csv\nfolder: {path: in}", "unknown-key", "is for type: folder")]
    [InlineData("type: csv\npath: a.csv\nmode: merge", "unknown-key", "'mode' is for places")]
    [InlineData("type: folder\npath: a.csv\nfolder: {path: in}\nformat: csv", "unknown-key", "'path' is for files")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\nmode: merge", "missing-key", "needs 'key'")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\nkey: idd", "unknown-column", "Did you mean 'id'")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\ncursor: {column: nix}", "unknown-column", "'nix'")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\ncursor: {column: at, lag: 3}", "bad-value", "such as 90s")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\ncursor: {column: id, lag: 3h}", "bad-value", "a number such as")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\nmode: replace\ncursor: {column: id}", "wrong-kind", "has no cursor")]
    [InlineData("type: folder\nfolder: {path: in}\nformat: csv\nlanding: {keep: long}", "bad-value", "12h or 30d, or always")]
    [InlineData("type: folder\nfolder: {path: \"sftp://me:hunter2@host/in\"}\nformat: csv", "literal-secret", "${env:PASSWORD}")]
    [InlineData("type: folder\nfolder: {path: \"host=a password=hunter2\"}\nformat: csv", "literal-secret", "${file:path}")]
    public void A_mistake_is_told_with_what_would_work(string text, string code, string says)
    {
        Assert.Null(Read(text, out var problems));
        var problem = Assert.Single(problems, p => p.Code == code);
        Assert.Contains(says, problem.Message);
        Assert.All(problems, p => Assert.DoesNotContain("hunter2", p.Message));
    }

    [Fact]
    public void A_reference_in_a_connection_is_no_literal_secret() =>
        Assert.NotNull(Read("type: folder\nfolder: {path: \"sftp://me:${env:PASS}@host/in\"}\nformat: csv", out _));

    private static SourceDefinition? Read(string text, out List<Problem> problems) => SourceDefinitionReader.Read(
        "sources/s.yaml", text + "\ncolumns: [{name: id, type: bigint}, {name: at, type: timestamp}]\n", problems = []);
}
