using System.Text.Json.Nodes;

namespace Millrace.Sources.Connectors;

/// <summary>What a place is asked for.</summary>
internal sealed record FetchRequest
{
    /// <summary>The source's definition: its contract says the columns that are wanted.</summary>
    public required SourceDefinition Source { get; init; }

    /// <summary>The project's folder, absolute: what a relative path of the definition begins at.</summary>
    public string ProjectFolder { get; init; } = "";

    /// <summary>Takes the rows.</summary>
    public required Landing Landing { get; init; }

    /// <summary>What the fetch before returned as its state, committed together with its rows; null at first.</summary>
    public JsonObject? State { get; init; }

    /// <summary>The part of the cursor column that is wanted; null for a source without a cursor.</summary>
    public CursorRange? Range { get; init; }

    /// <summary>The home that state lies in, absolute; null where there is none, such as in a preview.</summary>
    public string? HomeFolder { get; init; }

    /// <summary>Hears what a place says while it is read, line by line, without secrets. Default: nobody.</summary>
    public Action<string>? Said { get; init; }

    /// <summary>Resolves <c>${env:NAME}</c> and <c>${file:path}</c>.</summary>
    public required Secrets Secrets { get; init; }

    /// <summary>The run's clock.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>A range of the cursor column, in the text form that the contract's type reads.</summary>
/// <param name="From">The smallest value wanted; null from the beginning.</param>
/// <param name="IsFromIncluded">True for a closed start: rows at <paramref name="From"/> come again and are told apart by the key.</param>
/// <param name="To">The first value that is not wanted any more; null to the end.</param>
internal sealed record CursorRange(string? From, bool IsFromIncluded, string? To);
