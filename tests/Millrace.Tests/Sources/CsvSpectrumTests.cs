using System.Text.Json.Nodes;

namespace Millrace.Tests.Sources;

/// <summary>The files of csv-spectrum with what they mean as JSON. The variable MILLRACE_CONFORMANCE names the folder.</summary>
public sealed class CsvSpectrumTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_file_of_csv_spectrum_reads_as_its_twin_says()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of files that others wrote.");
        var failures = new List<string>();
        var skipped = 0;
        var files = Directory.GetFiles(Path.Combine(root, "csv-spectrum", "csvs"), "*.csv").Order(StringComparer.Ordinal).ToList();
        foreach (var file in files)
        {
            var twin = Path.Combine(root, "csv-spectrum", "json", Path.GetFileNameWithoutExtension(file) + ".json");
            if (JsonNode.Parse(File.ReadAllText(twin)) is not JsonArray rowsOfTwin)
            {
                output.WriteLine($"{Path.GetFileName(file)}: not supported, its twin is no list of rows");
                skipped++;
                continue;
            }

            var expected = rowsOfTwin.Select(r => string.Join('|', r!.AsObject().Select(v => (string)v.Value!))).ToList();
            var columns = File.ReadLines(file).First().TrimEnd('\r').Split(',');
            using var project = new SampleProject().Write("sources/s.yaml", $"""
                type: csv
                path: data/*.csv
                columns:
                {string.Join('\n', columns.Select(c => $"  - name: {c}\n    type: varchar"))}
                """);
            Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
            File.Copy(file, Path.Combine(project.Folder, "data", "a.csv"));
            project.RunWell();
            var rows = project.Rows("SELECT " + string.Join(", ", columns.Select(c => $"\"{c}\"")) + " FROM s");

            // An empty value without quotes is none for us, and an empty text for csv-spectrum.
            var found = rows.Select(r => r.Replace("NULL", "", StringComparison.Ordinal)).ToList();
            if (!expected.SequenceEqual(found))
                failures.Add($"{Path.GetFileName(file)}: expected {string.Join(" / ", expected)}, found {string.Join(" / ", found)}");
        }

        output.WriteLine($"csv-spectrum: {files.Count - failures.Count - skipped} passed of {files.Count}");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.Equal(12, files.Count);
    }
}
