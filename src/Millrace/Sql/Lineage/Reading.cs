namespace Millrace.Sql.Lineage;

/// <summary>What an expression has been seen to read so far.</summary>
internal sealed class Reading
{
    public SourceSet Values { get; } = new();

    public SourceSet Indirect { get; } = new();

    public bool IsUnresolved { get; set; }

    public bool HasAggregate { get; set; }

    public bool HasUnnest { get; set; }

    /// <summary>A column whose value was computed from what was read.</summary>
    public Cell Cell(string name, UInt128 hash, bool isList = false) => new(name)
    {
        Hash = hash, Values = Values, Indirect = Indirect, IsUnresolved = IsUnresolved, IsList = isList,
    };

    public void Add(Cell cell)
    {
        Values.Add(cell.Values);
        Indirect.Add(cell.Indirect);
        IsUnresolved |= cell.IsUnresolved;
    }
}
