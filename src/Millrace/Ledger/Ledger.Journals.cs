using System.Text.Json.Nodes;
using Dapper;

namespace Millrace.Ledger;

public sealed partial class Ledger
{
    /// <summary>Names a committed version of a journal, with its event. Naming it again changes nothing.</summary>
    /// <exception cref="InvalidDataException">The version is named with another log entry.</exception>
    public void CommitJournal(JournalVersion version) => Write(t =>
    {
        var known = t.Connection!.ExecuteScalar<string?>("select entry_hash from journal where name = @Name and number = "
            + "@Number", new { version.Name, version.Number }, t);
        if (known == version.EntryHash)
            return;
        if (known is not null)
        {
            throw new InvalidDataException(
                $"Version {version.Number} of the journal '{version.Name}' is in the ledger already, with another log entry: that "
                    + $"entry was deleted, or an older copy of the folder was put back.");
        }

        Append(t, "journal.committed", version.Name, new JsonObject
        {
            ["version"] = version.Number, ["entry"] = version.EntryHash, ["rows"] = version.Rows,
        });
        t.Connection!.Execute(
            "insert into journal values (@Name, @Number, @EntryHash, @committed, @Rows)",
            new { version.Name, version.Number, version.EntryHash, committed = Instants.Format(version.Committed), version.Rows },
            t);
    });

    /// <summary>The newest version of a journal, or null when it has none.</summary>
    public JournalVersion? Journal(string name) => Read(c => c.QueryFirstOrDefault<JournalRow>(
        JournalRow.Select + " where name = @name order by number desc limit 1", new { name }))?.ToVersion();

    /// <summary>All versions of a journal, oldest first.</summary>
    public IReadOnlyList<JournalVersion> JournalVersions(string name) => Read(c => c.Query<JournalRow>(
        JournalRow.Select + " where name = @name order by number", new { name }).Select(r => r.ToVersion()).ToList());

    /// <summary>The names of all journals.</summary>
    public IReadOnlyList<string> Journals() => Read(c => c.Query<string>("select distinct name from journal order by name").ToList());

    private sealed record JournalRow
    {
        public const string Select = "select name, number, entry_hash EntryHash, committed, rows from journal";

        public string Name { get; init; } = "";

        public long Number { get; init; }

        public string EntryHash { get; init; } = "";

        public string Committed { get; init; } = "";

        public long Rows { get; init; }

        public JournalVersion ToVersion() => new(Name, Number, EntryHash, Instants.Parse(Committed), Rows);
    }
}
