using System.Globalization;
using Millrace.Ledger;
using Millrace.Registry;

namespace Millrace.Governance;

/// <summary>Decides whether a person may release a version. Runs release what passed its gates; every other way to <c>champion</c> comes through here.</summary>
public static class Promotion
{
    /// <summary>Why a version must not be released; null when it may be.</summary>
    public static string? WhyNot(ModelRegistry registry, VersionRecord version)
    {
        if (version.IsRefused)
        {
            var gates = version.Checks.Where(c => !c.Passed).Select(c => $"gate '{c.Id}' says no: {c.Note}");
            return string.Create(CultureInfo.InvariantCulture, $"{version.Id.Asset.Title} version {version.Id.Number} did not pass: {string.Join("; ", gates)}. Change the gates or the model, and train a version that passes.");
        }

        try
        {
            registry.Onnx(registry.Read(version));
            return null;
        }
        catch (InvalidDataException e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{version.Id.Asset.Title} version {version.Id.Number} cannot be released: {e.Message}");
        }
    }

    /// <summary>Where the pointer goes.</summary>
    public static Pointer PointerTo(VersionRecord version) => new(version.Id.Asset, version.Id, version.Makers["definition"]);
}
