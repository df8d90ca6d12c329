using System.Globalization;
using System.Security.Cryptography;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Tracking;

namespace Millrace.Registry;

/// <summary>A version of a model as the registry keeps it.</summary>
public sealed record RegisteredModel(VersionRecord Record, ModelManifest Manifest)
{
    /// <summary>The model.</summary>
    public AssetKey Key => Record.Id.Asset;

    /// <summary>The version's number.</summary>
    public long Version => Record.Id.Number;
}

/// <summary>The named versions of models: rows of the ledger, and files that are what they were when they were registered.</summary>
/// <remarks>It keeps labels, which are names for versions. <c>champion</c> is none of them and is refused here: a release decides it.</remarks>
public sealed class ModelRegistry(Ledger.Ledger ledger, ArtifactStore artifacts)
{
    /// <summary>The word for the version that the default environment's release points at.</summary>
    public const string Champion = "champion";

    /// <summary>Where models lie.</summary>
    public ArtifactStore Artifacts => artifacts;

    /// <summary>Every version of a model, oldest first.</summary>
    public IReadOnlyList<VersionRecord> Versions(AssetKey model) => ledger.ModelVersions(model);

    /// <summary>The version of a number, or null.</summary>
    public VersionRecord? Find(AssetKey model, long number) => Versions(model).FirstOrDefault(v => v.Id.Number == number);

    /// <summary>A version with its manifest.</summary>
    /// <exception cref="InvalidDataException">The manifest is missing or was changed.</exception>
    public RegisteredModel Read(VersionRecord version) => new(version, ModelManifest.Parse(artifacts.Read(version.EntryHash)));

    /// <summary>The model file of a version.</summary>
    /// <exception cref="InvalidDataException">The file is missing or was changed.</exception>
    public byte[] Onnx(RegisteredModel model) => artifacts.Read(model.Manifest.Onnx);

    /// <summary>Keeps a version's files; it is registered once the ledger names its record.</summary>
    /// <returns>The entry hash that the record carries.</returns>
    public string Keep(ModelManifest manifest, ReadOnlySpan<byte> onnx)
    {
        if (artifacts.Put(onnx) != manifest.Onnx)
            throw new ArgumentException($"The manifest of {manifest.Model} names the model file {manifest.Onnx}, and the bytes are {Convert.ToHexStringLower(SHA256.HashData(onnx))}.", nameof(onnx));
        return artifacts.Put(manifest.ToBytes());
    }

    /// <summary>Names a version, or takes the name away.</summary>
    /// <exception cref="ArgumentException">The name is <c>champion</c>, is no name, or the version does not exist.</exception>
    public void Label(AssetKey model, string label, long? number)
    {
        if (label.Equals(Champion, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"'{Champion}' is no label: it is the version that is released. Release one with: millrace model promote {model.Name}@{number}", nameof(label));
        if (label.Length == 0 || !label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || char.IsAsciiDigit(label[0]))
            throw new ArgumentException($"'{label}' is no label. Use letters, digits, - and _, and start with a letter.", nameof(label));
        if (number is { } n && Find(model, n) is null)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{model.Title} has no version {n}. Its versions are: {string.Join(", ", Versions(model).Select(v => v.Id.Number))}."), nameof(number));
        ledger.Label(model, label, number);
    }
}
