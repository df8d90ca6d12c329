namespace Millrace.Native;

/// <summary>A column of a result or a statement, or a field of a struct.</summary>
public readonly record struct DuckColumn(string Name, DuckType Type)
{
    /// <summary>The column as it stands in a <c>create table</c>, such as <c>amount DECIMAL(10,2)</c>.</summary>
    public override string ToString() => $"{DuckIdentifier.Quote(Name)} {Type}";
}
