namespace Millrace.Sql.Lineage;

/// <summary>What an expression has been seen to read so far.</summary>
internal sealed class Reading
{
    public SourceSet Values { get; } = new();

    public SourceSet Indirect { get; } = new();

    public bool IsUnresolved { get; set; }

    public bool HasAggregate { get; set; }

    public bool HasUnnest { get; set; }

    public void Add(Cell cell)
    {
        Values.Add(cell.Values);
        Indirect.Add(cell.Indirect);
        IsUnresolved |= cell.IsUnresolved;
    }
}
