using System.Globalization;
using Millrace.Assets;

namespace Millrace.Sql.Lineage;

/// <summary>One analysis of one query. Scope by scope it hashes what decides rows and what computes each column.</summary>
/// <remarks>
/// <para>
/// A reference is hashed as the place of its relation in FROM and the hash of the column it points at, never by name. A bare reference to
/// the first relation has the hash of the column itself, so that passing a column through a CTE or a subquery changes nothing. Within one
/// scope place and hash together name one value, and that holds from scope to scope.
/// </para>
/// <para>Whatever is not understood marks its expression as unresolved, and <see cref="Run"/> makes it depend on everything.</para>
/// </remarks>
internal sealed partial class QueryWalk
{
    [ThreadStatic]
    private static ByteStack? _shared;

    private readonly ParsedQuery _query;
    private readonly IReadOnlyDictionary<string, RelationFacts> _relations;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly ByteStack _out = _shared ??= new ByteStack();
    private readonly List<ColumnRef?> _columns = [];
    private readonly Dictionary<string, Source> _parents = new(StringComparer.Ordinal);
    private readonly SourceSet _ordering = new();
    private readonly List<string> _lambda = [];

    public QueryWalk(ParsedQuery query, IReadOnlyDictionary<string, RelationFacts> relations, IReadOnlyDictionary<string, string> variables)
    {
        _query = query;
        _relations = relations;
        _variables = variables;
    }

    public QueryAnalysis Run(IReadOnlyList<string>? names)
    {
        Source result;
        try
        {
            _out.Clear();
            result = Query(_query.Root, null, null, isOutermost: true);
        }
        catch (Exception error) when (error is InvalidOperationException or KeyNotFoundException or FormatException
            or ArgumentException or IndexOutOfRangeException or InsufficientExecutionStackException or NotSupportedException)
        {
            // A tree that this walk does not expect must not stop a plan: it counts as reading everything.
            result = Unknown("tree");
        }

        return Finish(result, names);
    }

    private QueryAnalysis Finish(Source result, IReadOnlyList<string>? names)
    {
        var isOpen = result.Open is not null;
        var isNamed = names is not null && (isOpen || names.Count == result.Count);
        var count = isOpen ? names?.Count ?? 0 : result.Count;
        var columns = new OutputColumn[count];
        var used = new SourceSet();
        var isResolved = !isOpen && !result.RowsUnresolved;
        for (var i = 0; i < count; i++)
        {
            var cell = isOpen ? null : result[i];
            var name = isNamed ? names![i] : cell!.Name;
            if (cell is { IsUnresolved: false })
            {
                used.Add(cell.Values);
                used.Add(cell.Indirect);
                columns[i] = new OutputColumn(name, Text(cell.Hash), References(cell.Values), true);
            }
            else
            {
                isResolved = false;
                var position = i.ToString(CultureInfo.InvariantCulture);
                columns[i] = new OutputColumn(name, Fingerprint.Of("unresolved column", Everything.Text, position), AllColumns, false);
            }
        }

        var rowSources = new SourceSet();
        rowSources.Add(result.RowSources);
        foreach (var cell in isOpen ? [] : Enumerable.Range(0, count).Select(i => result[i]))
            rowSources.Add(cell.Indirect);
        used.Add(rowSources);
        used.Add(_ordering);

        var rowsResolved = !isOpen && !result.RowsUnresolved;
        return new QueryAnalysis
        {
            Columns = columns,
            Rows = rowsResolved ? Text(result.Rows) : Fingerprint.Of("unresolved rows", Everything.Text),
            RowSources = rowsResolved ? References(rowSources) : AllColumns,
            Reads = Reads(used, isResolved),
            IsResolved = isResolved,
        };
    }

    /// <summary>The fingerprint of the whole text with all that all parents offer.</summary>
    private Fingerprint Everything => field.Text is not null ? field : field = Fingerprint.Of(
    [
        _query.Text.Text,
        .. _query.Variables.Where(v => !IsBoundAtRun(v)).SelectMany(v => new[] { v, _variables.GetValueOrDefault(v) }),
        .. _query.Relations.Select(r => _relations.TryGetValue(r, out var facts) ? facts.All.Text : r),
    ]);

    private ColumnRef[] AllColumns => field ??=
    [
        .. _query.Relations.Where(_relations.ContainsKey)
            .SelectMany(r => _relations[r].Columns.Select(c => new ColumnRef(r, c.Name)))
            .Order(),
    ];

    private ReadRelation[] Reads(SourceSet used, bool isResolved)
    {
        var byRelation = _query.Relations.Distinct().ToDictionary(r => r, _ => new List<string>());
        foreach (var number in used.Numbers())
        {
            if (_columns[number] is { } column && byRelation.TryGetValue(column.Relation, out var columns))
                columns.Add(column.Column);
        }

        var reads = new ReadRelation[byRelation.Count];
        var next = 0;
        foreach (var (relation, found) in byRelation.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            var columns = !isResolved && _relations.TryGetValue(relation, out var facts) ? [.. facts.Columns.Select(c => c.Name)] : found;
            columns.Sort(StringComparer.Ordinal);
            reads[next++] = new ReadRelation(relation, columns, !isResolved);
        }

        return reads;
    }

    private ColumnRef[] References(SourceSet set)
    {
        var references = new List<ColumnRef>();
        foreach (var number in set.Numbers())
        {
            if (_columns[number] is { } column)
                references.Add(column);
        }

        references.Sort();
        return [.. references];
    }

    private static Fingerprint Text(UInt128 hash) => new(hash.ToString("x32"));

    private static bool IsBoundAtRun(string variable) => variable is "start" or "end" or "as_of";

    /// <summary>The parent of this name, with its columns numbered when it is first met.</summary>
    private Source Parent(string name)
    {
        if (_parents.TryGetValue(name, out var known))
            return known;

        if (!_relations.TryGetValue(name, out var facts))
            return _parents[name] = UnknownParent(name);

        var first = _columns.Count;
        foreach (var column in facts.Columns)
            _columns.Add(new ColumnRef(name, column.Name));

        var cells = new Cell?[facts.Columns.Count];
        return _parents[name] = new Source(cells.Length, facts.Find, i => cells[i] ??= ParentCell(facts.Columns[i], first + i))
        {
            Rows = HashOf('r', facts.Rows.Text),
        };
    }

    private Cell ParentCell(ColumnFacts column, int number) => new(column.Name)
    {
        // The type counts as well: the same expression can give another type after a change further up.
        Hash = HashOf('c', column.Fingerprint.Text, column.Type.Sql),
        Values = SourceSet.Of(number),
        Type = column.Type,
        IsList = column.Type.Sql.EndsWith("[]", StringComparison.Ordinal),
    };

    /// <summary>A parent that nobody described: its columns are followed by name, and the query stays unresolved.</summary>
    private Source UnknownParent(string name)
    {
        var cells = new Dictionary<string, Cell>(StringComparer.OrdinalIgnoreCase);
        return new Source([])
        {
            Rows = HashOf('u', name),
            RowsUnresolved = true,
            Open = column =>
            {
                if (!cells.TryGetValue(column, out var cell))
                {
                    _columns.Add(new ColumnRef(name, column.ToLowerInvariant()));
                    cells[column] = cell = new Cell(column)
                    {
                        Hash = HashOf('u', name, column.ToLowerInvariant()),
                        Values = SourceSet.Of(_columns.Count - 1),
                    };
                }

                return cell;
            },
        };
    }

    /// <summary>A relation of which nothing is known, not even where its columns come from.</summary>
    private Source Unknown(string what) => new([])
    {
        Rows = HashOf('?', what),
        RowsUnresolved = true,
        Open = column => new Cell(column) { Hash = HashOf('?', what, column.ToLowerInvariant()), IsUnresolved = true },
    };

    private UInt128 HashOf(char tag, string first, string? second = null)
    {
        var mark = _out.Length;
        _out.Tag(tag);
        _out.Text(first);
        if (second is not null)
            _out.Text(second);
        return _out.Pop(mark);
    }
}
