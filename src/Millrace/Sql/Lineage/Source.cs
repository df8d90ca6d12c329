namespace Millrace.Sql.Lineage;

/// <summary>A relation in a FROM clause: a parent, a subquery, a CTE, a table function.</summary>
internal sealed class Source
{
    private readonly Func<int, Cell>? _cell;
    private readonly Func<string, int>? _find;
    private readonly IReadOnlyList<Cell>? _cells;

    /// <summary>A relation whose columns are at hand.</summary>
    public Source(IReadOnlyList<Cell> cells)
    {
        _cells = cells;
        Count = cells.Count;
    }

    /// <summary>A relation whose columns are made when they are asked for.</summary>
    public Source(int count, Func<string, int> find, Func<int, Cell> cell)
    {
        (Count, _find, _cell) = (count, find, cell);
    }

    private Source(Source original, IReadOnlyList<Cell>? cells = null)
    {
        (Count, _find, _cell, _cells) = (original.Count, original._find, original._cell, original._cells);
        (RowSources, RowsUnresolved, Open) = (original.RowSources, original.RowsUnresolved, original.Open);
        if (cells is not null)
            (_find, _cell, _cells) = (null, null, cells);
    }

    public int Count { get; }

    /// <summary>The name that references use; empty when there is none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The schema, where the relation has one and no alias hides it.</summary>
    public string Schema { get; init; } = "";

    public required UInt128 Rows { get; init; }

    public SourceSet RowSources { get; init; } = SourceSet.Empty;

    public bool RowsUnresolved { get; init; }

    /// <summary>Makes a column of a relation whose columns are not listed anywhere; null when they are all known.</summary>
    public Func<string, Cell>? Open { get; init; }

    /// <summary>True behind a SEMI or ANTI join, whose right side gives no columns.</summary>
    public bool IsHidden { get; set; }

    public Cell this[int column] => _cells is null ? _cell!(column) : _cells[column];

    public int Find(string name)
    {
        if (_find is not null)
            return _find(name);
        for (var i = 0; i < _cells!.Count; i++)
        {
            if (_cells[i].Name.Same(name))
                return i;
        }

        return -1;
    }

    /// <summary>The same relation under another name and, where given, with other names for its first columns.</summary>
    public Source As(string name, string schema, string[] columns)
    {
        if (columns.Length == 0 || Open is not null)
            return new Source(this) { Name = name, Schema = schema, Rows = Rows };

        var cells = new Cell[Count];
        for (var i = 0; i < Count; i++)
            cells[i] = i < columns.Length ? this[i].Renamed(columns[i]) : this[i];
        return new Source(this, cells) { Name = name, Schema = schema, Rows = Rows };
    }
}
