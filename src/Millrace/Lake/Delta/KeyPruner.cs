using System.Globalization;
using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>Which files may hold one of many keys, by the files' bounds.</summary>
internal sealed class KeyPruner
{
    /// <summary>Above this many comparisons only the range of all keys is looked at.</summary>
    private const long MaxComparisons = 200_000_000;

    private readonly DuckConnection _connection;
    private readonly Snapshot _table;
    private readonly IReadOnlyList<Column> _keys;
    private readonly string _source;
    private readonly List<(Bound? Min, Bound? Max)> _ranges = [];
    private readonly long _rows;

    /// <param name="connection">Holds the keys.</param>
    /// <param name="table">Whose files are judged.</param>
    /// <param name="keys">Columns of the table and of the source.</param>
    /// <param name="source">The relation of the keys.</param>
    public KeyPruner(DuckConnection connection, Snapshot table, IReadOnlyList<Column> keys, string source)
    {
        (_connection, _table, _keys, _source) = (connection, table, keys, source);
        var extremes = keys.SelectMany(k => new[] { $"min({SqlName.Quote(k.Name)})::VARCHAR", $"max({SqlName.Quote(k.Name)})::VARCHAR" });
        var row = connection.Query($"SELECT count(*), {string.Join(", ", extremes)} FROM {source}").Rows().Single();
        _rows = (long)row[0]!;
        for (var i = 0; i < keys.Count; i++)
            _ranges.Add((Bound.Of(keys[i].Type, row[1 + (2 * i)] as string), Bound.Of(keys[i].Type, row[2 + (2 * i)] as string)));
    }

    /// <summary>False where the file lies beside the range of all keys.</summary>
    public bool MayHold(DataFile file)
    {
        if (_rows == 0)
            return false;
        for (var i = 0; i < _keys.Count; i++)
        {
            var bounds = BoundsOf(file, _keys[i]);
            if (bounds.IsAllNull)
                return false;
            if (bounds.Min is { } min && _ranges[i].Max is { } high && !min.MayBeUpTo(high))
                return false;
            if (bounds.Max is { } max && _ranges[i].Min is { } low && !low.MayBeUpTo(max) && !IsFloat(_keys[i]))
                return false;
        }

        return true;
    }

    /// <summary>The files of the table between whose bounds at least one key lies.</summary>
    public IReadOnlyList<DataFile> Candidates()
    {
        var files = _table.Files.Where(MayHold).ToList();
        if (files.Count < 2 || files.Count * _rows > MaxComparisons)
            return files;

        var (lists, columns, conditions) = (new List<string>(), new List<string>(), new List<string>());
        for (var i = 0; i < _keys.Count; i++)
        {
            var key = _keys[i];
            var name = SqlName.Quote(key.Name);
            foreach (var (side, isMax, sign) in new[] { ("lo", false, ">="), ("hi", true, "<=") })
            {
                var column = FormattableString.Invariant($"{side}{i}");
                lists.Add($"unnest([{string.Join(", ", files.Select(f => Literal(f, key, isMax)))}]::VARCHAR[]) AS {column}");
                columns.Add($"TRY_CAST({column} AS {key.Type.Sql}) AS {column}");
                conditions.Add($"(f.{column} IS NULL OR s.{name} {sign} f.{column})");
            }
        }

        var sql = $"""
            SELECT f.i FROM (SELECT i, {string.Join(", ", columns)} FROM (SELECT unnest(range({files.Count})) AS i, {string.Join(", ", lists)})) AS f
            WHERE EXISTS (SELECT 1 FROM {_source} AS s WHERE {string.Join(" AND ", conditions)}) ORDER BY f.i
            """;
        return [.. _connection.Query(sql).Rows().Select(r => files[(int)(long)r[0]!])];
    }

    private string Literal(DataFile file, Column key, bool isMax)
    {
        // Bounds are wider here than those of the file: of times whose upper bound was cut, and of numbers that JSON may round.
        var bounds = BoundsOf(file, key);
        if ((isMax ? bounds.Max : bounds.Min) is not { } bound || IsFloat(key))
            return "NULL";
        return bound.Kind switch
        {
            BoundKind.Text => SqlName.Text(bound.Text!),
            BoundKind.Number => bound.Exact is { } exact ? SqlName.Text(exact.ToString(CultureInfo.InvariantCulture)) : "NULL",
            _ => SqlName.Text(new DateTime(bound.Ticks, DateTimeKind.Utc).ToString(
                key.Type == DataType.Date ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)
                + (key.Type == DataType.Timestamp ? "+00" : "")),
        };
    }

    private FileBounds BoundsOf(DataFile file, Column key) =>
        FileBounds.Of(file, key, _table.StoredName(key.Name), _table.PartitionColumns.Contains(key.Name, StringComparer.OrdinalIgnoreCase));

    private static bool IsFloat(Column key) => key.Type == DataType.Float || key.Type == DataType.Double;
}
