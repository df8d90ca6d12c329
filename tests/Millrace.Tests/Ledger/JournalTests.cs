using Millrace.Ledger;
using LedgerFile = Millrace.Ledger.Ledger;

namespace Millrace.Tests.Ledger;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_journals_version_is_named_once_and_never_with_another_entry()
    {
        var clock = new FakeClock();
        using var ledger = LedgerFile.Open(Path.Combine(_folder, "ledger.db"), clock);
        var first = new JournalVersion("predictions/demand", 0, "aa", clock.GetUtcNow(), 5);
        var second = first with { Number = 1, EntryHash = "bb", Rows = 2 };
        ledger.CommitJournal(first);
        ledger.CommitJournal(first);
        ledger.CommitJournal(second);

        Assert.Equal(second, ledger.Journal("predictions/demand"));
        Assert.Equal([first, second], ledger.JournalVersions("predictions/demand"));
        Assert.Equal(["predictions/demand"], ledger.Journals());
        Assert.Null(ledger.Journal("monitor/demand"));
        Assert.Equal(2, ledger.Events().Count(e => e.Kind == "journal.committed"));
        Assert.Null(ledger.FindBrokenLink());
        Assert.Throws<InvalidDataException>(() => ledger.CommitJournal(first with { EntryHash = "cc" }));
    }
}
