using System.Text;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>Partition values as the protocol writes them, and as the names of folders.</summary>
/// <remarks>
/// The engine names folders by the values, and gives NULL and the text <c>__HIVE_DEFAULT_PARTITION__</c> one folder and one file: one of
/// the two would be lost. So rows are partitioned by a text of our own, which tells them apart, and files get their final place afterwards.
/// </remarks>
internal static class PartitionLayout
{
    private const string Null = "__HIVE_DEFAULT_PARTITION__";

    private const int MaxFolderName = 200;

    /// <summary>The column under which the engine partitions by the column of this number.</summary>
    public static string Key(int number) => FormattableString.Invariant($"_millrace_partition_{number}");

    /// <summary>The text of a value with a mark before it, as SQL: <c>v2020-01-01</c>, and <c>n</c> for NULL.</summary>
    /// <exception cref="LakeException">The protocol has no text for values of this type.</exception>
    public static string Sql(Column column, string folder)
    {
        var name = SqlName.Quote(column.Name);
        if (column.Type.IsNested)
            throw new LakeException($"The table '{folder}' cannot be partitioned by '{column.Name}': Delta Lake has no text for values "
                + $"of type "
                + $"{column.Type}.");

        var text = column.Type == DataType.Timestamp ? $"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
            : column.Type == DataType.TimestampNtz ? $"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')"
            : column.Type == DataType.Binary ? $"decode({name})"
            : column.Type == DataType.Float || column.Type == DataType.Double
                ? $"CASE WHEN isnan({name}) THEN 'NaN' WHEN isinf({name}) THEN CASE WHEN {name} > 0 THEN 'Infinity' ELSE '-Infinity' "
                    + $"END ELSE {name}::VARCHAR END"
            : $"{name}::VARCHAR";

        // To the protocol an empty text is NULL, so that it cannot be told from it; refused rather than changed.
        var empty = column.Type == DataType.String || column.Type == DataType.Binary
            ? $" WHEN {text} = '' THEN error({SqlName.Text($"The partition column '{column.Name}' holds an empty text, which Delta Lake cannot tell "
                + "from NULL. Write NULL or another text there, or do not partition by this column.")})"
            : "";
        return $"CASE WHEN {name} IS NULL THEN 'n'{empty} ELSE 'v' || ({text}) END";
    }

    /// <summary>The value behind a marked text.</summary>
    public static string? Value(string marked) => marked == "n" ? null : marked[1..];

    /// <summary>Where files with these values lie, as other writers would put them: <c>day=2020-01-01/</c>. For people only; the log holds
    /// the values.</summary>
    public static string Folder(IReadOnlyList<KeyValuePair<string, string?>> values)
    {
        var parts = values.Select(v => $"{Escaped(v.Key)}={Escaped(v.Value ?? Null)}").ToList();
        return parts.TrueForAll(p => p.Length <= MaxFolderName) ? string.Join('/', parts) : "";
    }

    /// <summary>A path as the log writes it: characters that mean something in a URL are escaped.</summary>
    public static string LogPath(string relative) => string.Join('/', relative.Split('/').Select(Uri.EscapeDataString))
        .Replace("%3D", "=", StringComparison.Ordinal);

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || (rune.IsAscii && " -_.,+@$&()!~".Contains((char)rune.Value, StringComparison.Ordinal)))
            {
                escaped.Append(rune);
                continue;
            }

            for (var i = 0; i < rune.EncodeToUtf8(bytes); i++)
                escaped.Append('%').Append(bytes[i].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }
}
