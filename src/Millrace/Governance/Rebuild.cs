using System.Security.Cryptography;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Sql;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>How a rebuild of a model version came out.</summary>
/// <param name="Model">The version.</param>
/// <param name="IsIdentical">True when the bytes are the same; null when the rebuild could not be made.</param>
/// <param name="Rebuilt">SHA-256 of the rebuilt file; null when there is none.</param>
/// <param name="Message">For people: what was compared, or the first step that differs and why.</param>
/// <param name="OtherMakers">Makers that are not those of then, such as another operating system.</param>
public sealed record RebuildResult(RegisteredModel Model, bool? IsIdentical, string? Rebuilt, string Message, IReadOnlyList<string> OtherMakers);

/// <summary>Makes a model version again from its recorded makers and compares the bytes.</summary>
public sealed class Rebuild(SqlSessionPool pool, Home home, ModelRegistry registry, Ledger.Ledger ledger)
{
    /// <summary>Rebuilds. Nothing is registered.</summary>
    public RebuildResult Verify(VersionRecord version, CancellationToken cancellationToken)
    {
        var model = registry.Read(version);
        var training = model.Manifest.Training;
        var makers = Recipes.Makers();
        var others = model.Manifest.Makers.Where(m => makers.GetValueOrDefault(m.Key) != m.Value).Select(m => $"{m.Key} was {m.Value} and is {makers.GetValueOrDefault(m.Key)}").ToList();
        RebuildResult Cannot(string why) => new(model, null, null, $"It cannot be rebuilt: {why}", others);

        TrainingRows rows;
        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        try
        {
            var inputs = new List<VersionRecord>();
            foreach (var input in training.Inputs)
            {
                var id = new AssetVersion(new Build(AssetKey.Parse(input.Asset), new Fingerprint(input.Fingerprint)), input.Version);
                if (ledger.Version(id) is not { } found)
                    return Cannot($"the ledger does not name {id} any more, which it was trained on.");
                inputs.Add(found);
            }

            TrainingInputs.Define(session, home, inputs, training.Views);
            rows = TrainingRows.Read(session.Connection, training.Recipe.Query, cancellationToken);
        }
        catch (Exception e) when (e is LakeException or IOException or DuckException)
        {
            return Cannot($"a table version that it was trained on cannot be read. {e.Message}");
        }

        if (rows.Hash() != training.RowsHash)
            return new RebuildResult(model, false, null, $"The first step that differs is reading: the {rows.Label.Length} rows of {training.Recipe.Query.Data} are not those that were learnt from.", others);
        var bytes = training.Recipe.Follow(rows, Environment.ProcessorCount, null, cancellationToken).ToOnnx();
        var rebuilt = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (rebuilt == model.Manifest.Onnx && !registry.Artifacts.IsSound(rebuilt))
        {
            registry.Artifacts.Put(bytes);
            return new RebuildResult(model, true, rebuilt, FormattableString.Invariant(
                $"Its file in the registry was damaged or missing. It was rebuilt from its recorded makers to the {bytes.Length} bytes that were registered, and is mended."), others);
        }

        return rebuilt == model.Manifest.Onnx
            ? new RebuildResult(model, true, rebuilt, FormattableString.Invariant($"Rebuilt from its recorded makers to the same {bytes.Length} bytes."), others)
            : new RebuildResult(model, false, rebuilt, $"The first step that differs is training: the rows are the same, and the model file is another.{(others.Count > 0 ? $" Makers differ: {string.Join("; ", others)}." : "")}", others);
    }
}
