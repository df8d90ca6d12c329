using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>A tag on our own files that says which columns they have, so that reading need not open them to learn it.</summary>
internal static class ColumnMark
{
    public const string Tag = "millrace.columns";

    public static string Of(Schema schema) => Fingerprint.Of([.. schema.Columns.SelectMany(c => new[] { c.Name, c.Type.Sql })]).Text;

    /// <summary>The tags with the mark of a schema among them, in place of an older one.</summary>
    public static IReadOnlyDictionary<string, string?> Put(IReadOnlyDictionary<string, string?> tags, Schema schema) =>
        new Dictionary<string, string?>(tags) { [Tag] = Of(schema) };
}
