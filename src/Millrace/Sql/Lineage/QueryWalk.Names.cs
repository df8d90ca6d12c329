namespace Millrace.Sql.Lineage;

internal sealed partial class QueryWalk
{
    private static readonly HashSet<string> ValueFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
        "localtime", "localtimestamp", "session_user", "user",
    };

    /// <summary>Resolves a name as the engine does, writes it and notes what it reads.</summary>
    /// <returns>The column that the name means, when it means one of the scope's own, whole.</returns>
    private Place? Reference(string[] names, Scope scope, Reading reading)
    {
        if (IsLambda(names))
            return null;
        var aliasFirst = scope.Aliases == AliasRule.BeforeColumns && names.Length == 1 && !scope.GroupKeys.Exists(names[0].Same);
        if (aliasFirst && Alias(names, scope, reading))
            return null;

        var depth = 0;
        for (var at = scope; at is not null; at = at.Parent, depth++)
        {
            if (Column(names, at, depth, reading, out var place))
                return depth == 0 ? place : null;
            if (depth > 0)
                continue;
            if (names.Length == 1 && ValueFunctions.Contains(names[0]))
            {
                _out.Tag('s');
                _out.Name(names[0]);
                return null;
            }

            if (at.Aliases != AliasRule.No && Alias(names, at, reading))
                return null;
        }

        reading.IsUnresolved = true;
        _out.Tag('?');
        foreach (var name in names)
            _out.Name(name);
        return null;
    }

    private bool IsLambda(string[] names)
    {
        for (var i = _lambda.Count - 1; i >= 0; i--)
        {
            if (!_lambda[i].Same(names[0]))
                continue;

            _out.Tag('p');
            _out.Number(_lambda.Count - i);
            foreach (var field in names.AsSpan(1))
            {
                _out.Tag('.');
                _out.Name(field);
            }

            return true;
        }

        return false;
    }

    /// <summary>schema.table.column, table.column, column, each with fields behind; last a whole relation as a struct.</summary>
    private bool Column(string[] names, Scope scope, int depth, Reading reading, out Place? place)
    {
        place = null;
        for (var qualifiers = Math.Min(2, names.Length - 1); qualifiers >= 0; qualifiers--)
        {
            var name = names[qualifiers];
            Place? found;
            if (qualifiers == 0)
            {
                if (Using(name, scope) is { } shared)
                {
                    OpenFields(names.Length - 1);
                    WriteUsing(shared, depth, reading);
                    CloseFields(names.AsSpan(1));
                    place = names.Length == 1 ? shared.Primary : null;
                    return true;
                }

                found = Find(name, scope, scope.First, scope.Sources.Count);
                if (found is null && IsAmbiguous(name, scope))
                {
                    reading.IsUnresolved = true;
                    _out.Tag('?');
                    _out.Name(name);
                    return true;
                }
            }
            else
            {
                found = FindQualified(qualifiers == 2 ? names[0] : "", names[qualifiers - 1], name, scope);
            }

            if (found is { } whole)
            {
                OpenFields(names.Length - qualifiers - 1);
                WriteReference(whole, depth, reading);
                CloseFields(names.AsSpan(qualifiers + 1));
                place = names.Length == qualifiers + 1 ? whole : null;
                return true;
            }
        }

        return names.Length == 1 && WholeRelation(names[0], scope, depth, reading);
    }

    private static UsingColumn? Using(string name, Scope scope)
    {
        foreach (var shared in scope.Usings)
        {
            if (shared.Name.Same(name) && shared.Members[0].Relation >= scope.First)
                return shared;
        }

        return null;
    }

    private void OpenFields(int count)
    {
        if (count == 0)
            return;
        _out.Tag('.');
        _out.Number(count);
    }

    private void CloseFields(ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            _out.Name(field);
    }

    /// <summary>The one column of this name between two relations of the scope.</summary>
    private static Place? Find(string name, Scope scope, int from, int to)
    {
        Place? found = null;
        var open = -1;
        for (var s = from; s < to; s++)
        {
            var source = scope.Sources[s];
            if (source.IsHidden)
                continue;
            if (source.Open is not null)
                open = open == -1 ? s : int.MaxValue;
            else if (source.Find(name) is var at && at >= 0)
            {
                if (found is not null)
                    return null;
                found = new Place(s, source[at]);
            }
        }

        // What no known relation has belongs to the only one whose columns are not known.
        return found ?? (open is >= 0 and < int.MaxValue ? new Place(open, scope.Sources[open].Open!(name)) : null);
    }

    private static bool IsAmbiguous(string name, Scope scope)
    {
        var count = 0;
        for (var s = scope.First; s < scope.Sources.Count; s++)
        {
            var source = scope.Sources[s];
            if (!source.IsHidden && (source.Open is not null || source.Find(name) >= 0))
                count++;
        }

        return count > 1;
    }

    private static Place? FindQualified(string schema, string relation, string name, Scope scope)
    {
        for (var s = scope.First; s < scope.Sources.Count; s++)
        {
            var source = scope.Sources[s];
            if (source.IsHidden || !source.Name.Same(relation)
                || (schema.Length > 0 && !source.Schema.Same(schema)))
                continue;
            if (source.Open is { } open)
                return new Place(s, open(name));
            if (source.Find(name) is var at && at >= 0)
                return new Place(s, source[at]);
        }

        return null;
    }

    /// <summary><c>SELECT t FROM t</c>: the relation's columns as one struct.</summary>
    private bool WholeRelation(string name, Scope scope, int depth, Reading reading)
    {
        for (var s = scope.First; s < scope.Sources.Count; s++)
        {
            var source = scope.Sources[s];
            if (source.IsHidden || !source.Name.Same(name))
                continue;

            _out.Tag('W');
            reading.IsUnresolved |= source.Open is not null;
            for (var i = 0; i < source.Count; i++)
            {
                _out.Name(source[i].Name);
                WriteReference(new Place(s, source[i]), depth, reading);
            }

            return true;
        }

        return false;
    }

    private bool Alias(string[] names, Scope scope, Reading reading)
    {
        if (names.Length > 2 || (names.Length == 2 && !names[0].Same("alias")))
            return false;

        Item? found = null;
        foreach (var item in scope.Items)
        {
            if (!item.Alias.Same(names[^1]))
                continue;
            if (found is not null && found.Cell.Hash != item.Cell.Hash)
                reading.IsUnresolved = true;
            found ??= item;
        }

        if (found is null)
            return false;
        WriteAlias(found, reading);
        return true;
    }

    private void WriteAlias(Item item, Reading reading)
    {
        reading.HasAggregate |= item.HasAggregate;
        if (item.Place is { } place)
        {
            WriteReference(place, 0, reading);
            return;
        }

        _out.Tag('a');
        _out.Hash(item.Cell.Hash);
        reading.Add(item.Cell);
    }

    private void WriteUsing(UsingColumn shared, int depth, Reading reading)
    {
        if (shared.Primary is { } primary)
        {
            WriteReference(primary, depth, reading);
            return;
        }

        _out.Tag('C');
        foreach (var member in shared.Members)
            WriteReference(member, depth, reading);
        _out.Tag(';');
    }

    private void WriteReference(Place place, int depth, Reading reading)
    {
        if (depth == 0 && place.Relation == 0)
        {
            _out.Tag((char)BareReference);
        }
        else
        {
            _out.Tag('^');
            _out.Number(depth);
            _out.Number(place.Relation);
        }

        _out.Hash(place.Cell.Hash);
        reading.Add(place.Cell);
    }
}
