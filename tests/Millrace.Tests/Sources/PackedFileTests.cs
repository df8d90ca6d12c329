using System.IO.Compression;
using System.Text;
using Millrace.Native;
using static Millrace.Tests.Sources.SourceFiles;

namespace Millrace.Tests.Sources;

/// <summary>Packed files read as what is in them, or the error names the file.</summary>
public sealed class PackedFileTests
{
    [Fact]
    public void Zstandard_of_another_program_is_unpacked()
    {
        using var project = Source("csv", "id bigint", "x varchar", "t varchar");
        using (var database = DuckDatabase.Open())
        using (var connection = database.Connect())
        {
            connection.Execute($"""
                COPY (SELECT i AS id, hash(i)::VARCHAR AS x, repeat('abc', (i % 50)::INT) || (hash(i) % 97) AS t FROM range(200000) AS r(i))
                TO '{project.Folder}/data/a.csv.zst' (HEADER, COMPRESSION zstd)
                """);
        }

        Assert.Equal((200_000, 200_000, 0), Counts(project.RunWell()));
        Assert.Equal(["true|true"], project.Rows("SELECT bool_and(x = hash(id)::VARCHAR), bool_and(t = repeat('abc', (id % 50)::INT) || (hash(id) % 97)) FROM s"));
    }

    [Fact]
    public void Zstandard_blocks_of_every_kind_are_unpacked()
    {
        // Written by zstd 1.5.4 of the text "id,x\n1,aaaa...(3000)\n" with a checksum, as one frame, and the text "2,b\n" as another.
        using var project = Source("csv", "id bigint", "x varchar");
        project.Put("a.csv.zst", Convert.FromBase64String(TwoFrames));
        Assert.Equal((2, 2, 0), Counts(project.RunWell()));
        Assert.Equal(["1|3000", "2|1"], project.Rows("SELECT id, length(x) FROM s ORDER BY id"));
    }

    private const string TwoFrames = "KLUv/QRohQAASGlkLHgKMSxhCgEAtPMBF4H2588otS/9BFghAAAyLGIKG4kYGQ==";

    [Theory]
    [InlineData("a.csv.gz")]
    [InlineData("a.csv.zst")]
    public void A_packed_file_that_is_cut_or_changed_is_named(string name)
    {
        var text = new StringBuilder("id,x\n");
        for (var i = 0; i < 5000; i++)
            text.Append(i).Append(',').Append(unchecked(i * 2654435761L)).Append('\n');
        var whole = Packed(name, text.ToString());
        using var project = Source("csv", "id bigint", "x varchar").Put(name, whole);
        Assert.Equal((5000, 5000, 0), Counts(project.RunWell()));
        var random = new Random(3);
        for (var i = 0; i < 12; i++)
        {
            var bytes = whole.ToArray();
            // Only gzip always carries a checksum.
            if (i % 2 == 0 || name.EndsWith(".zst", StringComparison.Ordinal))
                bytes = bytes[..random.Next(0, bytes.Length)];
            else
                bytes[random.Next(20, bytes.Length)] ^= (byte)(1 << random.Next(8));
            project.Put(name, bytes);
            Assert.Contains("data/" + name, project.Refusal());
            Assert.Equal(["5000"], project.Rows("SELECT count(*) FROM s"));
        }
    }

    [Theory]
    [InlineData("a.csv.gz")]
    [InlineData("a.csv.zst")]
    public void A_file_that_is_not_packed_as_its_name_says_is_named(string name)
    {
        using var project = Source("csv", "id bigint", "x varchar").Put(name, "id,x\n1,a\n"u8);
        Assert.Contains($"data/{name} cannot be unpacked", project.Refusal());
    }

    [Fact]
    public void A_bomb_is_not_unpacked_to_its_end()
    {
        using var project = Source("csv", "id bigint", "x varchar");
        using (var gzip = new GZipStream(File.Create(Path.Combine(project.Folder, "data/a.csv.gz")), CompressionLevel.Optimal))
        {
            gzip.Write("id,x\n"u8);
            var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1,a\n", 1 << 18)));
            for (var i = 0; i < 300; i++)
                gzip.Write(block);
        }

        Assert.Contains("looks like a bomb", project.Refusal());
    }

    [Fact]
    public void Members_one_behind_the_other_are_one_file()
    {
        using var project = Source("csv", "id bigint", "x varchar").Put("a.csv.gz", [.. Packed("a.gz", "id,x\n1,a\n"), .. Packed("a.gz", "2,b\n")]);
        Assert.Equal((2, 2, 0), Counts(project.RunWell()));
    }

    private static byte[] Packed(string name, string text)
    {
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var memory = new MemoryStream();
            using (var gzip = new GZipStream(memory, CompressionLevel.Optimal, leaveOpen: true))
                gzip.Write(Encoding.UTF8.GetBytes(text));
            return memory.ToArray();
        }

        var folder = Directory.CreateTempSubdirectory("millrace-zstd").FullName;
        try
        {
            using var database = DuckDatabase.Open();
            using var connection = database.Connect();
            File.WriteAllText(folder + "/a.csv", text);
            connection.Execute($"COPY (SELECT * FROM read_csv('{folder}/a.csv', all_varchar=true)) TO '{folder}/a.csv.zst' (HEADER, COMPRESSION zstd)");
            return File.ReadAllBytes(folder + "/a.csv.zst");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
