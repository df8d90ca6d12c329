using Millrace.Sources;
using Millrace.Sources.Connectors;

namespace Millrace.Project;

public sealed partial class Engine
{
    /// <summary>The inboxes of the sources with <c>type: push</c>. The caller disposes them.</summary>
    public Inboxes Inboxes() => new(
        Home.Folder, [.. Project.Assets.Values.Select(a => a.Definition).OfType<SourceDefinition>().Where(s => s.Type == "push").Select(s => s.Key)], _options.Clock);
}
