using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>One column that a parent offers: its stored type, and the fingerprint of what computes its values.</summary>
public sealed record ColumnFacts(string Name, DataType Type, Fingerprint Fingerprint);
