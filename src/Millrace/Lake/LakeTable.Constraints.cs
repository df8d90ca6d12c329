using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base with a CHECK constraint, which every row keeps from now on, whoever writes it.</summary>
    /// <param name="connection">Reads the rows that the table has.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="name">Letters, digits and <c>_</c>; unlike those of the other constraints.</param>
    /// <param name="expression">A condition over the columns. A row for which it is not true, so also one for which it is NULL, breaks
    /// it.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">A row breaks it already, the expression cannot be asked, or the name is taken or no
    /// name.</exception>
    public CommitRequest AddConstraint(DuckConnection connection, Snapshot @base, string name, string expression, CommitStamp stamp)
    {
        if (!ConstraintName().IsMatch(name))
            throw new LakeException($"'{name}' is no name for a constraint. Names are letters, digits and '_'.");
        if (TableConstraint.Of(@base.Configuration).FirstOrDefault(c =>
            c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known)
            throw new LakeException($"The table '{Folder}' has the constraint '{known.Name}' ({known.Expression}) already. Drop it first.");
        var constraint = new TableConstraint(name, expression);
        Ask(connection, @base.Schema, [constraint], @base.ToRelation().Sql);
        var properties = new Dictionary<string, string>(@base.Configuration) { [TableConstraint.Prefix + name] = expression };
        return Change(@base, stamp, "ADD CONSTRAINT") with
        {
            Configuration = properties,
            Parameters = new Dictionary<string, string> { ["name"] = name, ["expr"] = expression },

            // Rows that another writer adds meanwhile were not asked.
            Reads = _ => true,
        };
    }

    /// <summary>The base without a CHECK constraint.</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="name">The constraint's name.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is no such constraint.</exception>
    public CommitRequest DropConstraint(Snapshot @base, string name, CommitStamp stamp)
    {
        var key = @base.Configuration.Keys.FirstOrDefault(k => k.Equals(TableConstraint.Prefix + name, StringComparison.OrdinalIgnoreCase))
            ?? throw new LakeException($"The table '{Folder}' has no constraint '{name}'. It has: "
                + $"{string.Join(", ", TableConstraint.Of(@base.Configuration).Select(c => c.Name))}.");
        return Change(@base, stamp, "DROP CONSTRAINT") with
        {
            Configuration = @base.Configuration.Where(p => p.Key != key).ToDictionary(),
            Parameters = new Dictionary<string, string> { ["name"] = name },
        };
    }

    [GeneratedRegex("^[A-Za-z0-9_]+$")]
    private static partial Regex ConstraintName();

    private static string RulesOf(Snapshot? head) => head is null
        ? ""
        : string.Join('\u0001', TableConstraint.Of(head.Configuration).Select(c => $"{c.Name}\u0002{c.Expression}"))
            + head.Metadata.SchemaString;

    /// <summary>Asks the rows that come in whether they keep the table's rules. Here, and not where rows are staged, so that no way of
    /// writing goes round it.</summary>
    private void CheckRows(CommitRequest request, Snapshot? basis, Snapshot? head)
    {
        var schema = request.Schema;
        var constraints = TableConstraint.Of(request.Configuration ?? basis?.Configuration ?? new Dictionary<string, string>());
        var required = schema.Columns.SelectMany(c => Required(SqlName.Quote(c.Name), c.Name, c, true)).ToList();
        if (request.Add.Count == 0 || request.IsRearrangement || request.Operation == RestoreWord)
            return;

        // Stage has counted the NULLs of plain columns, if it was told that they must not be NULL.
        var asked = request.Staged.Count > 0
            && request.Staged.All(s => schema.Columns.Where(c => !c.IsNullable).All(c => s.Schema.Find(c.Name) is { IsNullable: false }))
            ? required.Where(r => r.Name.Contains(" inside ", StringComparison.Ordinal)).ToList()
            : required;
        if (asked.Count == 0 && constraints.Count == 0)
            return;

        var known = (basis?.Files ?? []).Concat(head?.Files ?? []).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var added = request.Add.Where(f => !known.Contains(f.Key)).ToList();
        if (added.Count == 0)
            return;

        using var connection = LogEngine.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var partitions = request.PartitionColumns ?? basis?.PartitionColumns ?? [];
        Ask(connection, schema, [.. asked, .. constraints], FileRelation.Of(Folder, StoredAfter(request, basis), partitions, added).Sql);
    }

    /// <summary>Columns and fields that must not be NULL. The fields of a struct that is NULL as a whole ask for nothing.</summary>
    private static IEnumerable<TableConstraint> Required(string value, string name, Column column, bool isTop)
    {
        if (!column.IsNullable)
            yield return new TableConstraint(isTop ? $"NOT NULL of '{name}'" : $"NOT NULL of '{column.Name}' inside '{name}'",
                $"{value} IS NOT NULL");
        if (!column.Type.Sql.StartsWith("STRUCT(", StringComparison.Ordinal) || column.Type.Sql.EndsWith(']'))
            yield break;
        foreach (var field in column.Type.Children)
        {
            foreach (var inner in Required($"({value}).{SqlName.Quote(field.Name)}", name, field, false))
                yield return inner with { Expression = $"({value} IS NULL OR {inner.Expression})" };
        }
    }

    private void Ask(DuckConnection connection, Schema schema, IReadOnlyList<TableConstraint> rules, string rows)
    {
        var counts = string.Join(", ", rules.Select(r => $"count(*) FILTER (WHERE ({r.Expression}) IS NOT TRUE)"));
        object?[] found;
        try
        {
            found = connection.Query($"SELECT {counts} FROM ({rows})").Rows().Single();
        }
        catch (DuckException e) when (e.Kind is DuckErrorKind.Parser or DuckErrorKind.Binder or DuckErrorKind.Catalog)
        {
            throw new LakeException($"A constraint of the table '{Folder}' cannot be asked of the new rows, so that nothing was written: "
                + $"{string.Join("; ", rules.Select(r => $"{r.Name}: {r.Expression}"))}. {e.Message}", e);
        }

        for (var i = 0; i < rules.Count; i++)
        {
            if (found[i] is not long broken || broken == 0)
                continue;
            var example = connection.Query($"SELECT r::VARCHAR FROM (SELECT * FROM ({rows}) WHERE ({rules[i].Expression}) IS NOT TRUE "
                + $"LIMIT 1) r")
                .Scalar();
            var rule = rules[i].Name.StartsWith("NOT NULL", StringComparison.Ordinal) ? rules[i].Name
                : $"'{rules[i].Name}' ({rules[i].Expression})";
            throw new LakeException(
                string.Create(CultureInfo.InvariantCulture, $"The constraint {rule} of the table '{Folder}' is broken by {broken} rows, ")
                + $"for example {example}. Nothing was written. The columns are: {schema}.");
        }
    }
}
