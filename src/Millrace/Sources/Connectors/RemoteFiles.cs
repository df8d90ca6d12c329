using System.Globalization;
using System.Text.Json.Nodes;

namespace Millrace.Sources.Connectors;

/// <summary>Files that lie in a store: which of them a fetch has to bring.</summary>
/// <remarks>
/// The state holds the mark of each file that was brought. New files come in addition. When a file that was brought has another mark, all
/// files come again and replace what stands, since the rows of one file cannot be told from another's; files that are gone by then are
/// gone from the table, too. A file that is gone while no other changed keeps its rows.
/// </remarks>
internal static class RemoteFiles
{
    /// <param name="found">The files that the store has, by name, with their marks.</param>
    /// <param name="state">The state of the fetch before, or null.</param>
    /// <returns>The files to bring in the order of their names, and whether they are all.</returns>
    public static (IReadOnlyList<RemoteFile> Wanted, bool IsWhole) Choose(IReadOnlyList<RemoteFile> found, JsonObject? state)
    {
        var ordered = found.OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        if (state?["files"] is not JsonObject held)
            return (ordered, true);
        var isChanged = ordered.Any(f => held[f.Name] is { } mark && (string?)mark != f.Mark);
        return isChanged ? (ordered, true) : ([.. ordered.Where(f => held[f.Name] is null)], false);
    }

    /// <summary>The state after the files were brought.</summary>
    public static JsonObject State(IEnumerable<RemoteFile> brought, bool isWhole, JsonObject? before)
    {
        var files = isWhole || before?["files"] is not JsonObject held ? [] : (JsonObject)held.DeepClone();
        foreach (var file in brought)
            files[file.Name] = file.Mark;
        return new JsonObject { ["files"] = files };
    }

    /// <summary>The name of a file in a landing: its place in the order, and its own name, by whose ending readers know how it is packed.</summary>
    public static string Landed(int number, string name)
    {
        var last = name[(name.LastIndexOf('/') + 1)..];
        var plain = new string([.. last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')]);
        return string.Create(CultureInfo.InvariantCulture, $"{number:D6}-{(plain.Length > 120 ? plain[^120..] : plain)}");
    }
}

/// <summary>A file in a store.</summary>
/// <param name="Name">What tells it from others there.</param>
/// <param name="Mark">Changes when its content does.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record RemoteFile(string Name, string Mark, long Bytes);
