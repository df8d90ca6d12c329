using System.Text.Json;
using System.Text.RegularExpressions;
using Millrace.Assets;

namespace Millrace.Sql.Lineage;

internal sealed partial class QueryWalk
{
    private static readonly HashSet<string> ListFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "list_value", "list_pack", "array_value", "list", "array_agg", "string_split", "str_split", "split", "string_to_array",
        "string_split_regex", "str_split_regex", "regexp_split_to_array", "regexp_extract_all", "range", "generate_series", "map_keys",
        "map_values", "map_entries", "json_keys", "flatten", "list_transform", "list_apply", "array_transform", "array_apply", "apply",
        "list_filter", "array_filter", "filter", "list_concat", "list_cat", "array_concat", "array_cat", "list_append", "list_prepend",
        "array_append", "array_prepend", "list_sort", "array_sort", "list_reverse_sort", "list_distinct", "array_distinct",
        "list_slice", "array_slice", "list_reverse", "array_reverse", "list_zip", "list_intersect", "list_where", "list_select",
    };

    /// <summary>What <c>*</c> stands for while an expression with COLUMNS(...) is walked once for each column.</summary>
    private Item? _column;

    /// <summary>Walks the select list into the scope. False when it is not known how many columns there are.</summary>
    private bool Items(JsonElement node, Scope scope)
    {
        // An entry may use the aliases of those before it.
        scope.Aliases = AliasRule.AfterColumns;
        var isKnown = true;
        foreach (var expression in node.Items("select_list"u8))
            isKnown &= Entry(expression, scope);
        return isKnown;
    }

    private bool Entry(JsonElement expression, Scope scope)
    {
        if (expression.Is("class"u8, "STAR"u8))
        {
            if (Star(expression, scope) is not { } starred)
                return false;
            var alias = expression.Text("alias"u8);
            if (alias.Length > 0)
                starred = [.. starred.Select(i => new Item { Cell = i.Cell.Renamed(alias), IsColumn = i.IsColumn, Place = i.Place })];
            scope.Items.AddRange(starred);
            return !alias.Contains('\\', StringComparison.Ordinal);
        }

        if (expression.Raw().IndexOf("\"STAR\""u8) >= 0 && FindStar(expression) is { } columns)
        {
            // '* LIKE pattern' filters columns; every other star inside an expression repeats it for each of them.
            if (!columns.IsTrue("columns"u8))
                return StarLike(expression, columns, scope);
            if (Star(columns, scope) is not { } each)
                return false;
            foreach (var column in each)
            {
                _column = column;
                var item = One(expression, scope);
                var name = item.Alias.Length > 0 ? item.Alias : column.Cell.Name;
                scope.Items.Add(new Item { Cell = item.Cell.Renamed(name), HasAggregate = item.HasAggregate, HasUnnest = item.HasUnnest });
                _column = null;
            }

            return true;
        }

        if (expression.Is("class"u8, "FUNCTION"u8) && SqlRules.Unnesting.Contains(expression.Text("function_name"u8)))
            return Unnest(expression, scope);
        scope.Items.Add(One(expression, scope));
        return true;
    }

    /// <summary>Walks one expression that gives one column.</summary>
    private Item One(JsonElement expression, Scope scope)
    {
        var alias = expression.Text("alias"u8);
        var mark = _out.Length;
        var reading = new Reading();
        if (expression.Is("class"u8, "COLUMN_REF"u8))
        {
            var names = expression.Texts("column_names"u8);
            var name = alias.Length > 0 ? alias : names[^1];
            var found = Reference(names, scope, reading);
            var hash = HashOfItem(mark);
            return new Item
            {
                Alias = alias, IsColumn = true, Place = found, HasAggregate = reading.HasAggregate, HasUnnest = reading.HasUnnest,
                Cell = found is { } place && !reading.IsUnresolved
                    ? place.Cell.With(alias.Length > 0 ? alias : place.Cell.Name, hash)
                    : reading.Cell(name, hash),
            };
        }

        if (alias.Length == 0 && expression.Is("class"u8, "POSITIONAL_REFERENCE"u8) && Positioned(expression, scope) is { } positioned)
            return positioned;
        Walk(expression, scope, reading);
        return new Item
        {
            Alias = alias, HasAggregate = reading.HasAggregate, HasUnnest = reading.HasUnnest,
            Cell = reading.Cell(alias.Length > 0 ? alias : ExpressionName.Of(expression), HashOfItem(mark), IsList(expression)),
        };
    }

    /// <summary>A bare reference has the hash of the column it points at; every other expression the hash of its own bytes.</summary>
    private UInt128 HashOfItem(int mark)
    {
        var bytes = _out.From(mark);
        if (bytes.Length != 17 || bytes[0] != BareReference)
            return _out.Pop(mark);

        var hash = System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes[1..]);
        _out.Drop(mark);
        return hash;
    }

    private static bool IsList(JsonElement expression) =>
        (expression.Is("class"u8, "FUNCTION"u8) && ListFunctions.Contains(expression.Text("function_name"u8)))
        || (expression.Is("class"u8, "CAST"u8) && expression.Has("cast_type"u8, out var type) && type.Is("id"u8, "LIST"u8))
        || expression.Is("type"u8, "ARRAY_CONSTRUCTOR"u8);

    private bool Unnest(JsonElement expression, Scope scope)
    {
        var item = One(expression, scope);
        if (!expression.Text("function_name"u8).Same("unnest") || expression.Count("children"u8) != 1)
        {
            // With more arguments unnest goes into structs, as deep as it is told.
            scope.Items.Add(item);
            return !expression.Text("function_name"u8).Same("unnest");
        }

        var argument = expression.GetProperty("children"u8)[0];
        var inner = One(argument, scope).Cell;
        if (inner.Type is { } type && IsStruct(type))
        {
            // A struct becomes one column a field, in the same row.
            foreach (var field in type.Children)
                scope.Items.Add(new Item { Cell = FieldOf(inner, field) });
            return true;
        }

        scope.Items.Add(item);
        return inner.IsList || IsList(argument) || inner.IsUnresolved;
    }

    private static bool IsStruct(DataType type) =>
        type.Sql.StartsWith("STRUCT(", StringComparison.Ordinal) && !type.Sql.EndsWith("[]", StringComparison.Ordinal);

    private Cell FieldOf(Cell cell, Column field)
    {
        var mark = _out.Length;
        _out.Tag('.');
        _out.Hash(cell.Hash);
        _out.Name(field.Name);
        return new Cell(field.Name)
        {
            Hash = _out.Pop(mark), Values = cell.Values, Indirect = cell.Indirect, IsUnresolved = cell.IsUnresolved, Type = field.Type,
            IsList = field.Type.Sql.EndsWith("[]", StringComparison.Ordinal),
        };
    }

    /// <summary>The first star inside an expression, outside of subqueries and of argument lists (<c>*COLUMNS(...)</c>).</summary>
    private static JsonElement? FindStar(JsonElement node)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray())
            {
                if (FindStar(item) is { } found)
                    return found;
            }

            return null;
        }

        if (node.ValueKind != JsonValueKind.Object || node.Is("class"u8, "SUBQUERY"u8) || node.Is("type"u8, "OPERATOR_UNPACK"u8))
            return null;
        if (node.Is("class"u8, "STAR"u8))
            return node;
        foreach (var property in node.EnumerateObject())
        {
            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && FindStar(property.Value) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>All columns of a scope as <c>*</c> gives them, or null when a relation's columns are not known.</summary>
    private List<Item>? All(Scope scope, string relation = "")
    {
        var items = new List<Item>();
        var done = new HashSet<UsingColumn>();
        for (var s = 0; s < scope.Sources.Count; s++)
        {
            var source = scope.Sources[s];
            if (source.IsHidden || (relation.Length > 0 && !source.Name.Same(relation)))
                continue;
            if (source.Open is not null)
                return null;

            for (var i = 0; i < source.Count; i++)
            {
                var place = new Place(s, source[i]);
                var shared = relation.Length > 0 ? null : scope.Usings.Find(u => u.Members.Contains(place));
                if (shared is null)
                    items.Add(ItemOf(place));
                else if (done.Add(shared))
                    items.Add(ItemOf(shared));
            }
        }

        return items;
    }

    private Item ItemOf(Place place)
    {
        var mark = _out.Length;
        WriteReference(place, 0, new Reading());
        var cell = place.Cell;
        return new Item
        {
            IsColumn = true, Place = place,
            Cell = cell.With(cell.Name, HashOfItem(mark)),
        };
    }

    private Item ItemOf(UsingColumn shared)
    {
        if (shared.Primary is { } primary)
            return ItemOf(primary);

        var mark = _out.Length;
        var reading = new Reading();
        WriteUsing(shared, 0, reading);
        return new Item
        {
            IsColumn = true,
            Cell = reading.Cell(shared.Name, _out.Pop(mark)),
        };
    }

    /// <summary>What a star gives after EXCLUDE, REPLACE, RENAME and the choice of COLUMNS; null when that is not known.</summary>
    private List<Item>? Star(JsonElement star, Scope scope)
    {
        var relation = star.Text("relation_name"u8);
        var isRelation = relation.Length == 0 || scope.Sources.Exists(s => !s.IsHidden && s.Name.Same(relation));
        var items = isRelation ? All(scope, relation) : Fields(relation, scope);
        if (items is null || items.Count == 0)
            return null;

        if (star.Has("expr"u8, out var choice))
        {
            if (Chosen(items, choice) is not { } chosen)
                return null;
            items = chosen;
        }

        var excluded = star.Texts("exclude_list"u8).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in star.Items("qualified_exclude_list"u8))
        {
            var (table, column) = (entry.Text("table"u8), entry.Text("column"u8));
            if (table.Length == 0)
                excluded.Add(column);
            else
                items.RemoveAll(i => IsOf(i, table, scope) && i.Cell.Name.Same(column));
        }

        items.RemoveAll(i => excluded.Contains(i.Cell.Name));
        foreach (var entry in star.Items("replace_list"u8))
        {
            var name = entry.Text("key"u8);
            var at = items.FindIndex(i => i.Cell.Name.Same(name));
            if (at < 0)
                return null;

            name = items[at].Cell.Name;
            var by = One(entry.GetProperty("value"u8), scope);
            items[at] = new Item { Cell = by.Cell.Renamed(name), Alias = name, HasAggregate = by.HasAggregate, HasUnnest = by.HasUnnest };
        }

        foreach (var entry in star.Items("rename_list"u8))
        {
            var key = entry.GetProperty("key"u8);
            var (table, name) = (key.Text("table"u8), key.Text("column"u8));
            var at = items.FindIndex(i => i.Cell.Name.Same(name) && (table.Length == 0 || IsOf(i, table, scope)));
            if (at < 0)
                return null;

            name = entry.Text("value"u8);
            items[at] = new Item { Cell = items[at].Cell.Renamed(name), Alias = name, Place = items[at].Place };
        }

        return items;
    }

    private static bool IsOf(Item item, string relation, Scope scope) =>
        item.Place is { } place && scope.Sources[place.Relation].Name.Same(relation);

    /// <summary><c>s.*</c> of a struct column.</summary>
    private List<Item>? Fields(string column, Scope scope)
    {
        if (Find(column, scope, 0, scope.Sources.Count) is not { } place || place.Cell.Type is not { } type || !IsStruct(type))
            return null;
        var cell = ItemOf(place).Cell;
        return [.. type.Children.Select(f => new Item { Cell = FieldOf(cell, f) })];
    }

    /// <summary>The columns that COLUMNS(...) chooses by a pattern, by a list of names, or all.</summary>
    private static List<Item>? Chosen(List<Item> items, JsonElement choice)
    {
        if (choice.Is("class"u8, "STAR"u8))
            return items;
        if (choice.Is("class"u8, "CONSTANT"u8) && choice.GetProperty("value"u8).Text("value"u8) is { Length: > 0 } pattern)
            return Matching(items, pattern);
        if (!choice.Is("function_name"u8, "list_value"u8))
            return null;

        var chosen = new List<Item>();
        foreach (var child in choice.Items("children"u8))
        {
            var name = child.Is("class"u8, "CONSTANT"u8) ? child.GetProperty("value"u8).Text("value"u8) : "";
            if (items.Find(i => i.Cell.Name.Same(name)) is not { } item)
                return null;
            chosen.Add(item);
        }

        return chosen;
    }

    private static List<Item>? Matching(List<Item> items, string pattern)
    {
        // Only what RE2 and .NET read alike.
        if (!PlainPattern().IsMatch(pattern))
            return null;
        try
        {
            var regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return items.FindAll(i => regex.IsMatch(i.Cell.Name));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[\w .*+?|^$()\[\]-]*$", RegexOptions.ECMAScript)]
    private static partial Regex PlainPattern();

    /// <summary><c>* LIKE 'pattern'</c></summary>
    private bool StarLike(JsonElement expression, JsonElement star, Scope scope)
    {
        if (!expression.Is("class"u8, "FUNCTION"u8) || !expression.Is("function_name"u8, "~~"u8) || expression.Count("children"u8) != 2
            || !expression.GetProperty("children"u8)[0].Is("class"u8, "STAR"u8) || Star(star, scope) is not { } items)
            return false;

        var pattern = expression.GetProperty("children"u8)[1];
        if (!pattern.Is("class"u8, "CONSTANT"u8) || pattern.GetProperty("value"u8).Text("value"u8) is not { Length: > 0 } text
            || text.Contains('\\', StringComparison.Ordinal))
            return false;
        var regex = new Regex(
            "^" + Regex.Escape(text).Replace("%", ".*", StringComparison.Ordinal).Replace("_", ".", StringComparison.Ordinal) + "$",
            RegexOptions.CultureInvariant | RegexOptions.Singleline);
        scope.Items.AddRange(items.Where(i => regex.IsMatch(i.Cell.Name)));
        return true;
    }
}
