namespace Millrace.Assets;

/// <summary>What an asset is. Sources, tables and features share one SQL name space; models and endpoints have their own.</summary>
public enum AssetKind
{
    /// <summary>Rows collected from outside.</summary>
    Source,

    /// <summary>One SELECT over other assets.</summary>
    Table,

    /// <summary>A feature view over a table.</summary>
    Features,

    /// <summary>A line of model versions.</summary>
    Model,

    /// <summary>A served model.</summary>
    Endpoint,
}

/// <summary>The words of <see cref="AssetKind"/> in YAML, on the command line and in the ledger.</summary>
public static class AssetKinds
{
    /// <summary>The lower-case word, such as <c>source</c>.</summary>
    public static string Word(this AssetKind kind) => kind switch
    {
        AssetKind.Source => "source",
        AssetKind.Table => "table",
        AssetKind.Features => "features",
        AssetKind.Model => "model",
        AssetKind.Endpoint => "endpoint",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such asset kind."),
    };

    /// <summary>The kind of a word.</summary>
    /// <exception cref="FormatException">The word is not one of the five.</exception>
    public static AssetKind Parse(string word) => word switch
    {
        "source" => AssetKind.Source,
        "table" => AssetKind.Table,
        "features" => AssetKind.Features,
        "model" => AssetKind.Model,
        "endpoint" => AssetKind.Endpoint,
        _ => throw new FormatException($"'{word}' is no asset kind. Kinds are: source, table, features, model, endpoint."),
    };

    /// <summary>True when assets of this kind can be named in SQL: their rows are a relation.</summary>
    public static bool IsRelation(this AssetKind kind) => kind is AssetKind.Source or AssetKind.Table or AssetKind.Features;
}
