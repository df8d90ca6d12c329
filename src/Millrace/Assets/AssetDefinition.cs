namespace Millrace.Assets;

/// <summary>An asset as its file declares it.</summary>
/// <param name="Key">The asset; its name comes from the file's place, see <see cref="Definitions.DefinitionFile"/>.</param>
/// <param name="File">The file relative to the project folder, with forward slashes.</param>
/// <param name="Text">The whole file as read, lines ended by <c>\n</c>. The ledger stores file and text, and reads them again through the same reader.</param>
public abstract record AssetDefinition(AssetKey Key, string File, string Text)
{
    /// <summary>What the asset is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it: a person or a team.</summary>
    public string? Owner { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
