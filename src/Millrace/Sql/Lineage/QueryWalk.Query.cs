using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Millrace.Sql.Lineage;

internal sealed partial class QueryWalk
{
    private int _recursions;

    /// <summary>Walks a query node and gives what it gives.</summary>
    /// <param name="node">The node.</param>
    /// <param name="parent">The scope around it, which correlated references look into.</param>
    /// <param name="ctes">The CTEs known outside of it.</param>
    /// <param name="isOutermost">True for the asset's own SELECT: there an ORDER BY without LIMIT decides no row.</param>
    private Source Query(JsonElement node, Scope? parent, Cte? ctes, bool isOutermost)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (node.Has("cte_map"u8, out var map))
        {
            foreach (var entry in map.Items("map"u8))
                ctes = new Cte(entry.Text("key"u8), CteSource(entry.GetProperty("value"u8), parent, ctes), ctes);
        }

        if (node.Is("type"u8, "SELECT_NODE"u8))
            return Select(node, new Scope(parent, ctes), isOutermost);
        if (node.Is("type"u8, "SET_OPERATION_NODE"u8))
            return SetOperation(node, parent, ctes, isOutermost);
        if (node.Is("type"u8, "RECURSIVE_CTE_NODE"u8))
            return Recursion(node, parent, ctes);
        if (node.Is("type"u8, "CTE_NODE"u8))
        {
            var source = Query(node.GetProperty("query"u8), parent, ctes, false).As("", "", node.Texts("aliases"u8));
            return Query(node.GetProperty("child"u8), parent, new Cte(node.Text("cte_name"u8), source, ctes), isOutermost);
        }

        return Unknown(node.Text("type"u8));
    }

    private Source CteSource(JsonElement definition, Scope? parent, Cte? ctes) =>
        Query(definition.GetProperty("query"u8).GetProperty("node"u8), parent, ctes, false).As("", "", definition.Texts("aliases"u8));

    private Source Select(JsonElement node, Scope scope, bool isOutermost)
    {
        var mark = _out.Length;
        if (node.Has("from_table"u8, out var from))
            From(from, scope);

        // A single relation and nothing else: its rows are our rows, with its hash.
        var bare = scope.Sources.Count == 1 && _out.Length - mark == 17 ? scope.Sources[0].Rows : (UInt128?)null;
        var afterFrom = _out.Length;

        var isListKnown = Items(node, scope);
        scope.Aliases = AliasRule.AfterColumns;
        Clause(node, "where_clause"u8, 'W', scope);
        Groups(node, scope);
        scope.Aliases = AliasRule.BeforeColumns;
        Clause(node, "having"u8, 'H', scope);
        scope.Aliases = AliasRule.AfterColumns;
        Clause(node, "qualify"u8, 'Q', scope);
        foreach (var item in scope.Items.Where(i => i.HasUnnest))
            DecideBy('U', item, scope);

        Sample(node);
        Modifiers(node, scope, isOutermost);

        var rows = bare is { } same && _out.Length == afterFrom ? same : _out.Pop(mark);
        _out.Drop(mark);
        return Result(scope, rows, isListKnown);
    }

    private Source Result(Scope scope, UInt128 rows, bool isListKnown)
    {
        var cells = new Cell[scope.Items.Count];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = scope.Items[i].Cell;

        return new Source(cells)
        {
            Rows = rows,
            RowSources = scope.RowSources,
            RowsUnresolved = scope.RowsUnresolved || !isListKnown,
            Open = isListKnown ? null : Unknown("select list").Open,
        };
    }

    private void Clause(JsonElement node, ReadOnlySpan<byte> name, char tag, Scope scope)
    {
        if (!node.Has(name, out var clause))
            return;
        var reading = new Reading();
        _out.Tag(tag);
        Walk(clause, scope, reading);
        scope.Decide(reading);
    }

    private void DecideBy(char tag, Item item, Scope scope)
    {
        _out.Tag(tag);
        _out.Hash(item.Cell.Hash);
        scope.RowSources.Add(item.Cell.Values);
        scope.RowSources.Add(item.Cell.Indirect);
        scope.RowsUnresolved |= item.Cell.IsUnresolved;
    }

    private void Groups(JsonElement node, Scope scope)
    {
        var count = node.Count("group_expressions"u8);
        if (count == 0)
        {
            if (node.Is("aggregate_handling"u8, "FORCE_AGGREGATES"u8))
            {
                // GROUP BY ALL
                _out.Tag('G');
                foreach (var item in scope.Items.Where(i => !i.HasAggregate))
                    DecideBy('g', item, scope);
            }
            else if (node.Has("having"u8, out _) || scope.Items.Exists(i => i.HasAggregate))
            {
                _out.Tag('A');
            }

            return;
        }

        _out.Tag('G');
        foreach (var expression in node.Items("group_expressions"u8))
        {
            var key = GroupKey(expression, scope);
            if (expression.Is("class"u8, "COLUMN_REF"u8))
                scope.GroupKeys.Add(expression.Texts("column_names"u8)[^1]);
            DecideBy('g', key, scope);
        }

        // One set of all keys is the plain GROUP BY.
        if (node.Has("group_sets"u8, out var sets) && (sets.GetArrayLength() > 1 || sets[0].GetArrayLength() != count))
            _out.Bytes(sets.Raw());
    }

    /// <summary>Columns first, then entries of the select list, by position too.</summary>
    private Item GroupKey(JsonElement expression, Scope scope) =>
        ByPosition(expression, scope.Items) ?? One(expression, scope);

    private static Item? ByPosition(JsonElement expression, List<Item> items)
    {
        int position;
        if (expression.Is("class"u8, "CONSTANT"u8))
        {
            if (!expression.GetProperty("value"u8).Has("value"u8, out var value) || !value.TryGetInt32(out position))
                return null;
        }
        else if (!expression.Is("class"u8, "POSITIONAL_REFERENCE"u8) || !expression.GetProperty("index"u8).TryGetInt32(out position))
        {
            return null;
        }

        return position >= 1 && position <= items.Count ? items[position - 1] : null;
    }

    private void Sample(JsonElement node)
    {
        if (!node.Has("sample"u8, out var sample))
            return;
        _out.Tag('S');
        _out.Bytes(sample.Raw());
    }

    /// <summary>DISTINCT, ORDER BY and LIMIT.</summary>
    private void Modifiers(JsonElement node, Scope scope, bool isOutermost)
    {
        var picks = !isOutermost;
        foreach (var modifier in node.Items("modifiers"u8))
        {
            var picksNothing = modifier.Is("type"u8, "DISTINCT_MODIFIER"u8) && modifier.Count("distinct_on_targets"u8) == 0;
            picks |= !modifier.Is("type"u8, "ORDER_MODIFIER"u8) && !picksNothing;
        }

        foreach (var modifier in node.Items("modifiers"u8))
        {
            if (modifier.Is("type"u8, "DISTINCT_MODIFIER"u8))
            {
                _out.Tag('D');
                if (modifier.Count("distinct_on_targets"u8) == 0)
                {
                    foreach (var item in scope.Items)
                        DecideBy('d', item, scope);
                }

                foreach (var target in modifier.Items("distinct_on_targets"u8))
                    DecideBy('t', OrderKey(target, scope), scope);
            }
            else if (modifier.Is("type"u8, "ORDER_MODIFIER"u8))
            {
                Order(modifier, scope, picks);
            }
            else
            {
                var reading = new Reading();
                Generic(modifier, scope, reading);
                scope.Decide(reading);
            }
        }
    }

    private void Order(JsonElement modifier, Scope scope, bool picks)
    {
        foreach (var order in modifier.Items("orders"u8))
        {
            if (!order.Has("expression"u8, out var expression))
                continue;

            var keys = expression.Is("class"u8, "STAR"u8) ? scope.Items : [OrderKey(expression, scope)];
            foreach (var key in keys)
            {
                if (picks)
                {
                    Direction(order);
                    DecideBy('o', key, scope);
                }
                else
                {
                    _ordering.Add(key.Cell.Values);
                    _ordering.Add(key.Cell.Indirect);
                }
            }
        }
    }

    private void Direction(JsonElement order)
    {
        // What the engine leaves to its defaults is ascending with NULL at the end.
        _out.Tag(order.Is("type"u8, "DESCENDING"u8) ? '>' : '<');
        _out.Tag(order.Is("null_order"u8, "NULLS FIRST"u8) ? 'f' : 'l');
    }

    /// <summary>The select list first, by position, alias or column's name; then an expression of its own.</summary>
    private Item OrderKey(JsonElement expression, Scope scope)
    {
        if (ByPosition(expression, scope.Items) is { } item)
            return item;

        if (expression.Is("class"u8, "COLUMN_REF"u8))
        {
            var names = expression.Texts("column_names"u8);
            if (names.Length == 1 || (names.Length == 2 && names[0].Same("alias")))
            {
                if (ByAlias(names[^1], scope.Items) is { } aliased)
                    return aliased;
                var same = scope.Items.FindAll(i => i.IsColumn && i.Alias.Length == 0 && i.Cell.Name.Same(names[^1]));
                if (same.Count == 1)
                    return same[0];
            }
        }

        return One(expression, scope);
    }

    private static Item? ByAlias(string name, List<Item> items)
    {
        foreach (var item in items)
        {
            if (item.Alias.Same(name))
                return item;
        }

        return null;
    }

    private Source SetOperation(JsonElement node, Scope? parent, Cte? ctes, bool isOutermost)
    {
        var children = new List<Source>();
        if (node.Has("left"u8, out var left) && node.Has("right"u8, out var right))
        {
            children.Add(Query(left, parent, ctes, false));
            children.Add(Query(right, parent, ctes, false));
        }
        else
        {
            foreach (var child in node.Items("children"u8))
                children.Add(Query(child, parent, ctes, false));
        }

        var kind = node.Text("setop_type"u8);
        var byName = kind == "UNION_BY_NAME";
        if (children.Count == 0 || children.Exists(c => c.Open is not null || (!byName && c.Count != children[0].Count)))
            return Unknown("set operation");

        var mark = _out.Length;
        var scope = new Scope(parent, ctes) { Aliases = AliasRule.AfterColumns };
        _out.Tag('M');
        _out.Text(kind);
        // The serializer leaves the default out, which is true.
        var all = !node.Has("setop_all"u8, out var setopAll) || setopAll.ValueKind != JsonValueKind.False;
        _out.Tag(all ? 'a' : 'd');
        foreach (var child in children)
        {
            _out.Hash(child.Rows);
            scope.RowSources.Add(child.RowSources);
            scope.RowsUnresolved |= child.RowsUnresolved;
        }

        var keepsFirst = kind is "EXCEPT" or "INTERSECT";
        if (byName)
            ItemsByName(children, scope);
        else
        {
            for (var i = 0; i < children[0].Count; i++)
                scope.Items.Add(Merged(children[0][i].Name, children.Select(c => (Cell?)c[i]), keepsFirst));
        }

        // Without ALL the values decide which rows stay; in EXCEPT and INTERSECT they always do.
        if (!all || keepsFirst)
        {
            foreach (var item in scope.Items)
                DecideBy('d', item, scope);
            foreach (var child in children.Where(_ => keepsFirst).Skip(1))
            {
                for (var i = 0; i < child.Count; i++)
                    DecideBy('e', new Item { Cell = child[i] }, scope);
            }
        }

        Modifiers(node, scope, isOutermost);
        return Result(scope, _out.Pop(mark), true);
    }

    private void ItemsByName(List<Source> children, Scope scope)
    {
        var names = new List<string>();
        foreach (var child in children)
        {
            for (var i = 0; i < child.Count; i++)
            {
                if (!names.Contains(child[i].Name, StringComparer.OrdinalIgnoreCase))
                    names.Add(child[i].Name);
            }
        }

        foreach (var name in names)
            scope.Items.Add(Merged(name, children.Select(c => c.Find(name) is var at && at >= 0 ? c[at] : null), false));
    }

    private Item Merged(string name, IEnumerable<Cell?> cells, bool keepsFirst)
    {
        var mark = _out.Length;
        var reading = new Reading();
        var isFirst = true;
        var isList = true;
        _out.Tag('M');
        foreach (var cell in cells)
        {
            _out.Tag(cell is null ? '0' : '1');
            if (cell is null)
                continue;

            _out.Hash(cell.Hash);
            isList &= cell.IsList;
            if (isFirst || !keepsFirst)
                reading.Add(cell);
            isFirst = false;
        }

        return new Item { Alias = name, Cell = reading.Cell(name, _out.Pop(mark), isList && !isFirst) };
    }

    /// <summary>
    /// A recursive CTE. Its own columns get numbers of their own while its second part is walked; what that part reads of them tells which
    /// columns flow into which.
    /// </summary>
    private Source Recursion(JsonElement node, Scope? parent, Cte? ctes)
    {
        var start = Query(node.GetProperty("left"u8), parent, ctes, false).As("", "", node.Texts("aliases"u8));
        if (start.Open is not null)
            return Unknown("recursion");

        var level = _recursions++;
        var first = _columns.Count;
        var own = new Cell[start.Count];
        for (var i = 0; i < own.Length; i++)
        {
            _columns.Add(null);
            own[i] = new Cell(start[i].Name)
            {
                Hash = HashOf('x', $"{level}.{i}"), Values = SourceSet.Of(first + i), IsUnresolved = start[i].IsUnresolved,
            };
        }

        var self = new Source(own) { Rows = HashOf('x', $"{level}") };
        var step = Query(node.GetProperty("right"u8), parent, new Cte(node.Text("cte_name"u8), self, ctes), false);
        _recursions--;
        if (step.Open is not null || step.Count != own.Length)
            return Unknown("recursion");

        var byKey = node.Count("key_targets"u8) > 0;
        var decides = !node.IsTrue("union_all"u8) || byKey;
        var all = Enumerable.Range(0, own.Length).ToArray();
        IEnumerable<int> deciding = decides ? all : Flowing(step, first, [.. Own(step.RowSources, first, own.Length)]);

        var rowSources = new SourceSet();
        rowSources.Add(start.RowSources);
        rowSources.Add(step.RowSources);
        var rows = Flow('R', start, step, deciding, start.Rows, step.Rows, decides, byKey, rowSources, rowSources, out var rowsUnresolved);
        var cells = new Cell[own.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            var (values, indirect) = (new SourceSet(), new SourceSet());
            IEnumerable<int> mine = byKey ? all : Flowing(step, first, [i]);
            var hash = Flow('C', start, step, mine, (UInt128)i, 0, decides, byKey, values, indirect, out var isUnresolved);
            cells[i] = new Cell(start[i].Name) { Hash = hash, Values = values, Indirect = indirect, IsUnresolved = isUnresolved };
        }

        return new Source(cells)
        {
            Rows = rows, RowSources = rowSources, RowsUnresolved = rowsUnresolved || start.RowsUnresolved || step.RowsUnresolved,
        };
    }

    private UInt128 Flow(
        char tag, Source start, Source step, IEnumerable<int> columns, UInt128 one, UInt128 two, bool isDistinct, bool byKey,
        SourceSet values, SourceSet indirect, out bool isUnresolved)
    {
        var mark = _out.Length;
        isUnresolved = false;
        _out.Tag(tag);
        _out.Tag(isDistinct ? 'd' : 'a');
        _out.Tag(byKey ? 'k' : ' ');
        _out.Hash(one);
        _out.Hash(two);
        foreach (var column in columns.Order())
        {
            _out.Hash(start[column].Hash);
            _out.Hash(step[column].Hash);
            foreach (var cell in (ReadOnlySpan<Cell>)[start[column], step[column]])
            {
                values.Add(cell.Values);
                indirect.Add(cell.Indirect);
                isUnresolved |= cell.IsUnresolved;
            }
        }

        return _out.Pop(mark);
    }

    /// <summary>The columns that flow into these ones, round by round.</summary>
    private static HashSet<int> Flowing(Source step, int first, HashSet<int> columns)
    {
        var open = new Stack<int>(columns);
        while (open.TryPop(out var column))
        {
            foreach (var number in Own(step[column].Values, first, step.Count).Concat(Own(step[column].Indirect, first, step.Count)))
            {
                if (columns.Add(number))
                    open.Push(number);
            }
        }

        return columns;
    }

    private static IEnumerable<int> Own(SourceSet set, int first, int count) =>
        set.Numbers().Where(n => n >= first && n < first + count).Select(n => n - first);
}
