using Millrace.Assets.Definitions;
using Millrace.Delivery.Targets;

namespace Millrace.Delivery;

/// <summary>The kinds of places, each with the section of a sink's file that it reads.</summary>
internal static class TargetKinds
{
    public static IReadOnlyList<TargetKind> All { get; } =
    [
        new("file", FileTarget.Shape, FileTarget.Read),
        new("postgres", PostgresTarget.Shape, PostgresTarget.Read),
        new("s3", S3Target.Shape, S3Target.Read),
        new("http", HttpTarget.Shape, HttpTarget.Read),
    ];
}

/// <summary>A kind of place.</summary>
/// <param name="Type">The word of <c>type:</c> and the name of its section.</param>
/// <param name="Shape">The section's keys.</param>
/// <param name="Read">Reads the section and reports its mistakes; null after one.</param>
internal sealed record TargetKind(string Type, Shape Shape, Func<Section, Target?> Read);
