using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources;

/// <summary>A project with one source <c>s</c> over files of any kind.</summary>
internal static class SourceFiles
{
    /// <summary>A source of a type, over every file in <c>data</c>.</summary>
    /// <param name="type">The word of <c>type:</c>.</param>
    /// <param name="columns">Such as <c>id bigint</c>.</param>
    public static SampleProject Source(string type, params string[] columns) => SourceWith(type, "", columns);

    /// <summary>The same, with more keys.</summary>
    public static SampleProject SourceWith(string type, string more, params string[] columns)
    {
        var project = new SampleProject().Write("sources/s.yaml", $"""
            type: {type}
            path: data/*
            {more}
            columns:
            {string.Join('\n', columns.Select(c => $"  - name: {c.Split(' ')[0]}\n    type: {c[(c.IndexOf(' ', StringComparison.Ordinal) + 1)..]}"))}
            """);
        Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
        return project;
    }

    public static SampleProject Put(this SampleProject project, string name, params byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(project.Folder, "data", name), bytes);
        return project;
    }

    public static SampleProject Put(this SampleProject project, string name, ReadOnlySpan<byte> bytes) => project.Put(name, bytes.ToArray());

    /// <summary>Rows in, rows stored, rows aside.</summary>
    public static (long In, long Out, long Aside) Counts(RunResult result) =>
        (Of(result, "s").Rows.In, Of(result, "s").Rows.Out, Of(result, "s").Rows.Quarantined);

    /// <summary>What went aside: file, line and reason.</summary>
    public static IReadOnlyList<string> Aside(this SampleProject project) =>
        project.Rows("SELECT source || ':' || line || ': ' || reason FROM s__quarantine ORDER BY source, line");

    /// <summary>Runs, and gives the message of the load that fails; the table is as it was.</summary>
    public static string Refusal(this SampleProject project)
    {
        var result = Of(project.Run(), "s");
        Assert.Equal(AssetOutcome.Failed, result.Outcome);
        return result.Message!;
    }
}
