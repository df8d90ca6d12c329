namespace Millrace.Native;

/// <summary>What a model file says of itself. Texts are empty where it says nothing.</summary>
/// <param name="Version">The number that the maker gave; 0 where it gave none.</param>
/// <param name="Properties">The entries of <c>metadata_props</c>.</param>
public sealed record OrtMetadata(
    string Producer, string GraphName, string Description, long Version, IReadOnlyDictionary<string, string> Properties);
