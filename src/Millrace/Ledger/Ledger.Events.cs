using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Millrace.Ledger;

public sealed partial class Ledger
{
    /// <summary>The events after a sequence number, oldest first.</summary>
    public IReadOnlyList<LedgerEvent> Events(long after = 0, int take = 1000) => Read(c => c.Query<EventRow>(
        "select seq, at, kind, subject, body, previous, hash from event where seq > @after order by seq limit @take", new { after, take })
        .Select(r => new LedgerEvent(r.Seq, Instants.Parse(r.At), r.Kind, r.Subject, r.Body, r.Previous, r.Hash)).ToList());

    /// <summary>Follows the chain from the first event to the last.</summary>
    /// <returns>Null when every line is sound; else what is wrong with the first that is not.</returns>
    public string? FindBrokenLink()
    {
        var previous = LedgerEvent.Genesis;
        var sequence = 0L;
        while (Events(sequence) is { Count: > 0 } page)
        {
            foreach (var line in page)
            {
                if (line.Sequence != sequence + 1)
                    return $"Event {sequence + 1} is missing: after {sequence} comes {line.Sequence}.";
                if (line.Previous != previous)
                    return $"Event {line.Sequence} ({line.Kind}, {line.Subject}) does not follow event {sequence}: it carries the hash of another line.";
                if (!line.IsSound)
                    return $"Event {line.Sequence} ({line.Kind}, {line.Subject}) was changed after it was written.";
                (previous, sequence) = (line.Hash, line.Sequence);
            }
        }

        return null;
    }

    private LedgerEvent Append(SqliteTransaction transaction, string kind, string subject, JsonObject body)
    {
        var last = _prepared.Row(transaction, "select hash, seq from event order by seq desc limit 1");
        var (hash, sequence) = last is null ? (LedgerEvent.Genesis, 0L) : ((string)last[0]!, (long)last[1]!);
        var line = LedgerEvent.After(hash, sequence + 1, Instants.Cut(_clock.GetUtcNow()), kind, subject, body.ToJsonString());
        _prepared.Execute(
            transaction, "insert into event values ($1, $2, $3, $4, $5, $6, $7)",
            line.Sequence, Instants.Format(line.At), line.Kind, line.Subject, line.Body, line.Previous, line.Hash);
        return line;
    }

    private sealed record EventRow
    {
        public long Seq { get; init; }

        public string At { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Subject { get; init; } = "";

        public string Body { get; init; } = "";

        public string Previous { get; init; } = "";

        public string Hash { get; init; } = "";
    }
}
