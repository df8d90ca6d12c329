using Millrace.Assets.Definitions;
using Millrace.Delivery;

namespace Millrace.Project;

public sealed partial class Engine
{
    private Deliverer Deliverer => new(Ledger, Home, _pool, _options.Clock, (Project.Files.Name, Project.Files.Folder), _options.Variable);

    /// <summary>The sinks of this environment.</summary>
    private IReadOnlyList<SinkDefinition> Sinks =>
        [.. Project.Files.Sinks.Where(s => (s.Environment ?? Project.Files.Environments[0].Name) == Environment)];

    /// <summary>Where the environment's sinks stand against its release. No place is asked.</summary>
    public IReadOnlyList<DeliveryResult> LookAtSinks() => Deliverer.Look(Environment, Sinks);

    /// <summary>Delivers what is released and not yet at its place.</summary>
    /// <param name="names">Which sinks; all of the environment when empty.</param>
    /// <param name="isAgain">True: deliver whole also what the place holds already.</param>
    /// <param name="report">Told of each result as it comes.</param>
    /// <param name="cancellationToken">Ends it; the next delivery takes it up.</param>
    /// <exception cref="EngineException">A name is no sink of this environment.</exception>
    public IReadOnlyList<DeliveryResult> Deliver(IReadOnlyList<string> names, bool isAgain, Action<DeliveryResult> report, CancellationToken cancellationToken)
    {
        var known = Sinks;
        if (names.FirstOrDefault(n => known.All(s => s.Name != n)) is { } unknown)
        {
            var all = known.Select(s => s.Name).ToList();
            throw new EngineException($"There is no sink '{unknown}' in '{Environment}'.{Suggestion.Sentence(unknown, all)} "
                + (all.Count == 0 ? "It has none: put a file into sinks/." : $"Sinks are: {string.Join(", ", all)}.")) { IsMistake = true };
        }

        var chosen = names.Count == 0 ? known : [.. known.Where(s => names.Contains(s.Name))];
        if (chosen.Count == 0)
            return [];
        using var held = Home.Lock("deliver", _options.Waiting ?? (_ => { }), cancellationToken);
        return Deliverer.Deliver(Environment, chosen, isAgain, report, cancellationToken);
    }

    /// <summary>Writes an asset's released rows as one file, there whole or not at all.</summary>
    /// <param name="name">A source or a table.</param>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="format">A word of <see cref="FileFormats.Words"/>; null takes the path's ending.</param>
    /// <param name="version">A version that the ledger names; null for the released one.</param>
    /// <param name="at">The newest version committed by then; null for the released one.</param>
    /// <returns>Rows written.</returns>
    /// <exception cref="EngineException">There is no such table or version, or the ending names no format.</exception>
    /// <exception cref="DeliveryException">The file cannot be written, or cannot hold the rows.</exception>
    public long Export(string name, string path, string? format, long? version, DateTimeOffset? at)
    {
        if ((format ?? FileFormats.Of(path)) is not { } known)
            throw new EngineException($"The ending of '{path}' names no format. Add --format with one of: {string.Join(", ", FileFormats.Words)}.") { IsMistake = true };
        using var session = _pool.Rent();
        if (version is null && at is null)
        {
            PointerOf(name);
            Define(session, $"SELECT * FROM {Assets.SqlName.QuoteRelation(name)}");
            return ExportFile.Write(session.Connection, $"SELECT * FROM {Assets.SqlName.QuoteRelation(name)}", Path.GetFullPath(path), known);
        }

        var view = Show(name, version, at);
        if (view.Path is null)
            throw new EngineException($"'{name}' is a view: it has no earlier versions. Leave --version and --timestamp out.");
        var record = Ledger.Versions(PointerOf(name).Version.Build).First(v => v.Id.Number == view.Version);
        var relation = new Lake.LakeTable(view.Path).Read(record.Id.Number, record.EntryHash).ToRelation();
        return ExportFile.Write(session.Connection, relation.Sql, Path.GetFullPath(path), known);
    }
}
