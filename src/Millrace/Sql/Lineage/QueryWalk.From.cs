using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Millrace.Sql.Lineage;

internal sealed partial class QueryWalk
{
    private static readonly string[] JsonColumns = ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"];

    /// <summary>Writes what a FROM clause does to rows, and adds its relations to the scope, from left to right.</summary>
    private void From(JsonElement node, Scope scope)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (node.Is("type"u8, "EMPTY"u8))
            _out.Tag('E');
        else if (node.Is("type"u8, "BASE_TABLE"u8))
            Add(Table(node, scope), node, scope);
        else if (node.Is("type"u8, "SUBQUERY"u8))
            Add(Query(node.GetProperty("subquery"u8).GetProperty("node"u8), scope, scope.Ctes, false), node, scope);
        else if (node.Is("type"u8, "JOIN"u8))
            Join(node, scope);
        else if (node.Is("type"u8, "TABLE_FUNCTION"u8))
            Add(TableFunction(node, scope), node, scope);
        else if (node.Is("type"u8, "EXPRESSION_LIST"u8))
            Add(Values(node, scope), node, scope);
        else if (node.Is("type"u8, "PIVOT"u8))
            Add(node.Count("unpivot_names"u8) > 0 ? Unpivot(node, scope) : Pivot(node, scope), node, scope);
        else
            Add(Unknown(node.Text("type"u8)), node, scope);
    }

    private void Add(Source source, JsonElement node, Scope scope)
    {
        // Other names for columns that nobody knows say nothing of which is which; a table function minds its own.
        if (source.Open is not null && node.Count("column_name_alias"u8) > 0 && !node.Is("type"u8, "TABLE_FUNCTION"u8))
            source = Unknown("renamed columns");

        var alias = node.Text("alias"u8);
        var columns = DistinctNames(source, node.Texts("column_name_alias"u8));
        var named = alias.Length > 0 ? source.As(alias, "", columns) : source.As(source.Name, source.Schema, columns);
        _out.Tag('T');
        _out.Hash(named.Rows);
        Sample(node);
        scope.Sources.Add(named);
        scope.RowSources.Add(named.RowSources);
        scope.RowsUnresolved |= named.RowsUnresolved;
    }

    /// <summary>The engine tells columns of one name apart with <c>_1</c>, <c>_2</c>, as soon as the relation is read.</summary>
    private static string[] DistinctNames(Source source, string[] aliases)
    {
        if (source.Open is not null || source.Count < 2)
            return aliases;

        var seen = new HashSet<string>(source.Count, StringComparer.OrdinalIgnoreCase);
        string[]? names = null;
        for (var i = 0; i < source.Count; i++)
        {
            var name = i < aliases.Length ? aliases[i] : source[i].Name;
            if (seen.Add(name))
                continue;

            names ??= [.. Enumerable.Range(0, source.Count).Select(c => c < aliases.Length ? aliases[c] : source[c].Name)];
            var number = 1;
            while (!seen.Add($"{name}_{number}"))
                number++;
            names[i] = $"{name}_{number}";
        }

        return names ?? aliases;
    }

    private Source Table(JsonElement node, Scope scope)
    {
        var (catalog, schema, name) = (node.Text("catalog_name"u8), node.Text("schema_name"u8), node.Text("table_name"u8));
        if (node.Has("at_clause"u8, out _))
            return Unknown(name);

        // 'recurring.name' is what a recursive CTE with USING KEY has gathered so far.
        var isCte = catalog.Length == 0 && (schema.Length == 0 || schema.Same("recurring"));
        var source = isCte ? Cte.Find(scope.Ctes, name) : null;
        source ??= Parent(SqlRules.Relation(catalog, schema, name));
        return source.As(name, schema, []);
    }

    private void Join(JsonElement node, Scope scope)
    {
        _out.Tag('J');
        _out.Text(node.Text("join_type"u8));
        _out.Text(node.Text("ref_type"u8));
        var (start, startUsing) = (scope.Sources.Count, scope.Usings.Count);
        From(node.GetProperty("left"u8), scope);
        var (middle, middleUsing) = (scope.Sources.Count, scope.Usings.Count);
        From(node.GetProperty("right"u8), scope);
        var (leftUsings, rightUsings) = (scope.Usings[startUsing..middleUsing], scope.Usings[middleUsing..]);

        var reading = new Reading();
        var names = node.Is("ref_type"u8, "NATURAL"u8) ? Common(scope, start, middle, reading) : node.Texts("using_columns"u8);
        var made = new List<UsingColumn>();
        foreach (var name in names.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            _out.Tag('=');
            var left = Side(name, scope, start, middle, leftUsings, reading);
            var right = Side(name, scope, middle, scope.Sources.Count, rightUsings, reading);
            if (left is null || right is null)
            {
                reading.IsUnresolved = true;
                continue;
            }

            made.Add(new UsingColumn(name, [.. left.Members, .. right.Members], Primary(node, left, right)));
            scope.Usings.Remove(left);
            scope.Usings.Remove(right);
        }

        scope.Usings.AddRange(made);
        if (node.Has("condition"u8, out var condition))
        {
            var first = scope.First;
            scope.First = start;
            _out.Tag('?');
            Walk(condition, scope, reading);
            scope.First = first;
        }

        scope.Decide(reading);
        if (node.Is("join_type"u8, "SEMI"u8) || node.Is("join_type"u8, "ANTI"u8))
        {
            for (var i = middle; i < scope.Sources.Count; i++)
                scope.Sources[i].IsHidden = true;
        }

        if (node.Has("duplicate_eliminated_columns"u8, out var eliminated) && !eliminated.IsNothing())
            scope.RowsUnresolved = true;
    }

    private static Place? Primary(JsonElement join, UsingColumn left, UsingColumn right)
    {
        if (join.Is("join_type"u8, "RIGHT"u8))
            return right.Primary;
        return join.Is("join_type"u8, "OUTER"u8) || join.Is("join_type"u8, "FULL"u8) ? null : left.Primary;
    }

    /// <summary>The columns of both sides of a NATURAL join that have one name.</summary>
    private static string[] Common(Scope scope, int start, int middle, Reading reading)
    {
        var sources = scope.Sources;
        if (Enumerable.Range(start, sources.Count - start).Any(i => sources[i].Open is not null))
        {
            reading.IsUnresolved = true;
            return [];
        }

        var names = new List<string>();
        for (var s = start; s < middle; s++)
        {
            for (var i = 0; i < sources[s].Count && !sources[s].IsHidden; i++)
            {
                var name = sources[s][i].Name;
                if (Enumerable.Range(middle, sources.Count - middle).Any(r => !sources[r].IsHidden && sources[r].Find(name) >= 0))
                    names.Add(name);
            }
        }

        return [.. names];
    }

    /// <summary>The column of this name on one side of a join, written and read.</summary>
    private UsingColumn? Side(string name, Scope scope, int from, int to, List<UsingColumn> usings, Reading reading)
    {
        if (usings.Find(u => u.Name.Same(name)) is { } shared)
        {
            WriteUsing(shared, 0, reading);
            return shared;
        }

        if (Find(name, scope, from, to) is not { } place)
            return null;
        WriteReference(place, 0, reading);
        return new UsingColumn(name, [place], place);
    }

    private Source TableFunction(JsonElement node, Scope scope)
    {
        var function = node.GetProperty("function"u8);
        var name = function.Text("function_name"u8).ToLowerInvariant();
        var reading = new Reading();
        var mark = _out.Length;
        Walk(function, scope, reading);
        var hash = _out.Pop(mark);
        if (!SqlRules.IsPureTableFunction(name))
            return Unknown(name);

        string[]? columns = name switch
        {
            "range" or "generate_series" => [name],
            "unnest" when function.Count("children"u8) == 1 => [name],
            "json_each" or "json_tree" => JsonColumns,
            _ => null,
        };
        if (columns is not null && node.Is("with_ordinality"u8, "WITH_ORDINALITY"u8))
            columns = [.. columns, "ordinality"];

        var aliases = node.Texts("column_name_alias"u8);
        Cell Column(string column, int position) =>
            reading.Cell(column, HashOf('f', hash.ToString("x32"), position < 0 ? column.ToLowerInvariant() : $"{position}"));

        var sources = new SourceSet();
        sources.Add(reading.Values);
        sources.Add(reading.Indirect);
        return new Source(columns is null ? [] : [.. columns.Select(Column)])
        {
            Name = name, Rows = hash, RowSources = sources, RowsUnresolved = reading.IsUnresolved,
            Open = columns is null ? column => Column(column, Array.FindIndex(aliases, a => a.Same(column))) : null,
        };
    }

    private Source Values(JsonElement node, Scope scope)
    {
        var rows = node.Items("values"u8).ToArray();
        var names = node.Texts("expected_names"u8);
        var width = rows.Length == 0 ? 0 : rows[0].GetArrayLength();
        var cells = new Cell[width];
        for (var column = 0; column < width; column++)
        {
            var mark = _out.Length;
            var reading = new Reading();
            _out.Tag('V');
            foreach (var row in rows)
                Walk(row[column], scope, reading);
            cells[column] = reading.Cell(column < names.Length ? names[column] : $"col{column}", _out.Pop(mark));
        }

        return new Source(cells) { Name = node.Text("alias"u8), Rows = HashOf('V', $"{rows.Length}") };
    }

    /// <summary>What a PIVOT or UNPIVOT reads: its own scope, and all columns of it.</summary>
    private (Scope Scope, List<Item>? Items, UInt128 Rows) PivotInput(JsonElement node, Scope outer)
    {
        var scope = new Scope(outer, outer.Ctes);
        var mark = _out.Length;
        From(node.GetProperty("source"u8), scope);
        var rows = _out.Pop(mark);
        return (scope, All(scope), rows);
    }

    private Source Unpivot(JsonElement node, Scope outer)
    {
        var (scope, items, rows) = PivotInput(node, outer);
        var values = node.Texts("unpivot_names"u8);
        if (items is null || node.Count("pivots"u8) != 1)
            return Unknown("unpivot");

        var pivot = node.GetProperty("pivots"u8)[0];
        var entries = new List<(string Name, Item[] Items)>();
        foreach (var entry in pivot.Items("entries"u8))
        {
            if (!UnpivotEntry(entry, values.Length, items, scope, entries))
                return Unknown("unpivot");
        }

        var keepsNulls = node.IsTrue("include_nulls"u8);
        var taken = entries.SelectMany(e => e.Items).ToHashSet();
        var cells = items.Where(i => !taken.Contains(i)).Select(i => i.Cell).ToList();
        foreach (var name in pivot.Texts("unpivot_names"u8))
            cells.Add(new Cell(name) { Hash = HashOf('n', string.Join('\0', entries.Select(e => e.Name))) });
        for (var i = 0; i < values.Length; i++)
            cells.Add(Merged(values[i], entries.Select(e => (Cell?)e.Items[i].Cell), false).Cell);

        var mark = _out.Length;
        _out.Tag('U');
        _out.Tag(keepsNulls ? 'k' : 'd');
        _out.Hash(rows);
        _out.Number(entries.Count);
        foreach (var item in entries.Where(_ => !keepsNulls).SelectMany(e => e.Items))
            DecideBy('u', item, scope);
        return new Source(cells) { Rows = _out.Pop(mark), RowSources = scope.RowSources, RowsUnresolved = scope.RowsUnresolved };
    }

    private bool UnpivotEntry(JsonElement entry, int width, List<Item> items, Scope scope, List<(string Name, Item[] Items)> entries)
    {
        var alias = entry.Text("alias"u8);
        if (entry.Has("expr"u8, out var star) || entry.Has("star_expr"u8, out star))
        {
            if (width != 1 || !star.Is("class"u8, "STAR"u8) || Star(star, scope) is not { } chosen)
                return false;
            foreach (var one in chosen)
            {
                if (items.Find(i => i.Cell.Name.Same(one.Cell.Name)) is not { } item)
                    return false;
                entries.Add((one.Cell.Name, [item]));
            }

            return true;
        }

        var found = new List<Item>();
        foreach (var value in entry.Items("values"u8))
        {
            var name = value.Text("value"u8);
            if (items.Find(i => i.Cell.Name.Same(name)) is not { } item)
                return false;
            found.Add(item);
        }

        if (found.Count != width)
            return false;
        entries.Add((alias.Length > 0 ? alias : string.Join('_', found.Select(f => f.Cell.Name)), [.. found]));
        return true;
    }

    private Source Pivot(JsonElement node, Scope outer)
    {
        var (scope, items, rows) = PivotInput(node, outer);
        if (items is null)
            return Unknown("pivot");

        // Every value of every pivot, crossed: the names of the columns and what picks their rows.
        var on = new Reading();
        var named = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var combinations = new List<(string Name, string Values)> { ("", "") };
        var mark = _out.Length;
        foreach (var pivot in node.Items("pivots"u8))
        {
            foreach (var expression in pivot.Items("pivot_expressions"u8))
            {
                Walk(expression, scope, on);
                Names(expression, named);
            }

            var entries = new List<(string Name, string Values)>();
            foreach (var entry in pivot.Items("entries"u8))
            {
                if (entry.Count("values"u8) == 0)
                    return Unknown("pivot");
                entries.Add(PivotEntry(entry));
            }

            if (entries.Count == 0)
                return Unknown("pivot");
            combinations =
            [
                .. from c in combinations
                   from e in entries
                   select (c.Name.Length == 0 ? e.Name : $"{c.Name}_{e.Name}", $"{c.Values}\0{e.Values}"),
            ];
        }

        var onHash = _out.Pop(mark);
        var aggregates = new List<Item>();
        foreach (var aggregate in node.Items("aggregates"u8))
        {
            aggregates.Add(One(aggregate, scope));
            Names(aggregate, named);
        }

        var groups = node.Texts("groups"u8);
        var keys = items.Where(i => groups.Length > 0
            ? groups.Contains(i.Cell.Name, StringComparer.OrdinalIgnoreCase)
            : !named.Contains(i.Cell.Name)).ToList();
        var cells = keys.Select(k => k.Cell).ToList();
        foreach (var (name, values) in combinations)
        {
            foreach (var aggregate in aggregates)
                cells.Add(PivotCell(name, values, aggregate, aggregates.Count, on, onHash));
        }

        _out.Tag('P');
        _out.Hash(rows);
        _out.Hash(onHash);
        _out.Text(string.Join('\0', combinations.Select(c => c.Values)));
        scope.Decide(on);
        foreach (var key in keys)
            DecideBy('p', key, scope);
        return new Source(cells) { Rows = _out.Pop(mark), RowSources = scope.RowSources, RowsUnresolved = scope.RowsUnresolved };
    }

    private Cell PivotCell(string name, string values, Item aggregate, int count, Reading on, UInt128 onHash)
    {
        var reading = new Reading();
        reading.Values.Add(on.Values);
        reading.Indirect.Add(on.Indirect);
        reading.IsUnresolved = on.IsUnresolved;
        reading.Add(aggregate.Cell);
        var mark = _out.Length;
        _out.Tag('p');
        _out.Hash(onHash);
        _out.Text(values);
        _out.Hash(aggregate.Cell.Hash);
        return reading.Cell(count > 1 || aggregate.Alias.Length > 0 ? $"{name}_{aggregate.Cell.Name}" : name, _out.Pop(mark));
    }

    private static (string Name, string Values) PivotEntry(JsonElement entry)
    {
        var values = entry.Items("values"u8).Select(v => v.Has("value"u8, out var value) ? value.ToString() : "NULL").ToArray();
        var alias = entry.Text("alias"u8);
        return (alias.Length > 0 ? alias : string.Join('_', values), entry.GetProperty("values"u8).GetRawText());
    }

    /// <summary>The last parts of all column references inside an expression.</summary>
    private static void Names(JsonElement node, HashSet<string> names)
    {
        if (node.Is("class"u8, "COLUMN_REF"u8))
        {
            names.Add(node.Texts("column_names"u8)[^1]);
            return;
        }

        if (node.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in node.EnumerateObject())
                Names(property.Value, names);
        }
        else if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray())
                Names(item, names);
        }
    }
}
