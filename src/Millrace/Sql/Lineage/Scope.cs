namespace Millrace.Sql.Lineage;

/// <summary>When a name in a clause may mean an entry of the select list.</summary>
internal enum AliasRule
{
    /// <summary>Never: the FROM clause.</summary>
    No,

    /// <summary>When no column has the name: WHERE, QUALIFY, the select list itself.</summary>
    AfterColumns,

    /// <summary>Before columns that are no group key: HAVING.</summary>
    BeforeColumns,
}

/// <summary>The names that one SELECT knows.</summary>
internal sealed class Scope(Scope? parent, Cte? ctes)
{
    public Scope? Parent { get; } = parent;

    public Cte? Ctes { get; } = ctes;

    public List<Source> Sources { get; } = [];

    public List<UsingColumn> Usings { get; } = [];

    public List<Item> Items { get; } = [];

    /// <summary>Names of plain columns in GROUP BY.</summary>
    public List<string> GroupKeys { get; } = [];

    public AliasRule Aliases { get; set; }

    /// <summary>The first relation that a name may mean: a join's condition knows only its two sides.</summary>
    public int First { get; set; }

    public SourceSet RowSources { get; } = new();

    public bool RowsUnresolved { get; set; }

    /// <summary>A clause that decides rows was read.</summary>
    public void Decide(Reading reading)
    {
        RowSources.Add(reading.Values);
        RowSources.Add(reading.Indirect);
        RowsUnresolved |= reading.IsUnresolved;
    }
}

/// <summary>A column that USING or NATURAL made one of several; its primary stands for all, and is null after a FULL join.</summary>
internal sealed record UsingColumn(string Name, List<Place> Members, Place? Primary);

/// <summary>A CTE and those defined before it.</summary>
internal sealed record Cte(string Name, Source Source, Cte? Before)
{
    public static Source? Find(Cte? ctes, string name)
    {
        for (var cte = ctes; cte is not null; cte = cte.Before)
        {
            if (cte.Name.Same(name))
                return cte.Source;
        }

        return null;
    }
}
