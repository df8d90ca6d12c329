using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>A kind of place outside that rows are fetched from: a database, a queue, an address. One file each.</summary>
/// <remarks>
/// Everything that is fetched lands in files first, so that one path reads it: the same contract, the same quarantine, and the raw record for
/// a replay. Files of the project folder need no connector; they lie there already.
/// </remarks>
internal interface IConnector
{
    /// <summary>The word of <c>type:</c>, which also names the section of a source's file that holds the keys of <see cref="Shape"/>.</summary>
    string Type { get; }

    /// <summary>The keys of the section.</summary>
    Shape Shape { get; }

    /// <summary>Reads the section and reports its mistakes. Touches nothing outside and resolves no secret.</summary>
    /// <returns>The place, or null when the section has a mistake.</returns>
    Place? Read(Section section);
}
