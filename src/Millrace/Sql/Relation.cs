using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>Rows that a session can read: one SELECT, and the columns it gives. What the lake hands to SQL.</summary>
/// <param name="Sql">A SELECT without a semicolon that names no other relation than files.</param>
/// <param name="Schema">The columns in order.</param>
public sealed record Relation(string Sql, Schema Schema)
{
    /// <summary>A relation without rows.</summary>
    public static Relation Empty(Schema schema) =>
        new($"SELECT {string.Join(", ", schema.Columns.Select(c => $"NULL::{c.Type.Sql} AS {SqlName.Quote(c.Name)}"))} WHERE false", schema);
}
