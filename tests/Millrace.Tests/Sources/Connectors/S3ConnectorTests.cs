using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Objects of a real S3-compatible store.</summary>
[Collection(nameof(SwiftServer))]
public sealed class S3ConnectorTests(SwiftServer server) : ConnectorTests
{
    private readonly string _bucket = "b" + Guid.NewGuid().ToString("N");
    private AmazonS3Client? _client;
    private CuttingProxy? _proxy;

    protected override string? Missing => server.Missing;

    protected override string Called => $"s3://{_bucket}/";

    protected override string Definition => Of("rows/**/*.csv");

    protected override bool LandsOnlyNewRows => true;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public override void Dispose()
    {
        _proxy?.Dispose();
        _client?.Dispose();
        base.Dispose();
    }

    [Fact]
    public void The_objects_that_the_pattern_means_come_as_they_are_in_the_order_of_their_keys()
    {
        Skip();
        foreach (var key in (string[])["rows/b.csv", "rows/a b#1.csv", "rows/deep/er/c.csv", "rows/d.txt", "other/e.csv", "rows.csv"])
            Store(key, "id,name\n1," + key + "\n");
        var landing = Fetch(Of("rows/*.csv"), null, Cancellation, out var result);
        Assert.Equal(["000001-a_b_1.csv", "000002-b.csv"], landing.Files.Select(f => f.Name));
        Assert.Equal("id,name\n1,rows/a b#1.csv\n", File.ReadAllText(landing.Files[0].Path));
        Assert.Equal($"s3://{_bucket}/rows/a b#1.csv", result.Receipts[0].Name);
        Assert.True(result.IsWhole);
        Assert.Equal(3, Fetch(Of("rows/**/*.csv"), null, Cancellation, out _).Files.Count);
        Assert.Equal(6, Fetch(Of("**"), null, Cancellation, out _).Files.Count);
        Assert.Single(Fetch(Of("rows/[a-c].csv"), null, Cancellation, out _).Files);
    }

    [Fact]
    public void An_object_that_changed_brings_all_and_one_that_is_gone_brings_nothing()
    {
        Skip();
        Store("rows/a.csv", "id,name\n1,a\n");
        Store("rows/b.csv", "id,name\n2,b\n");
        Fetch(Definition, null, Cancellation, out var first);
        Remove("rows/b.csv");
        Assert.Empty(Fetch(Definition, first.State, Cancellation, out var gone).Files);
        Assert.False(gone.IsWhole);
        Store("rows/a.csv", "id,name\n1,A\n");
        Assert.Single(Fetch(Definition, first.State, Cancellation, out var changed).Files);
        Assert.True(changed.IsWhole);
    }

    [Fact]
    public void A_listing_of_several_pages_is_read_to_its_end()
    {
        Skip();
        Parallel.For(0, 1005, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Store($"many/{i:D4}.csv", "id,name\n"));
        Assert.Equal(1005, Fetch(Of("many/*"), null, Cancellation, out _).Files.Count);
    }

    [Fact]
    public void Mistakes_are_named_with_their_way_out()
    {
        Skip();
        Store("rows/a.csv", "id,name\n1,a\n");
        Assert.Contains("No object matches", Fails(Of("nothing/*.csv")), StringComparison.Ordinal);
        Assert.Contains("Check 'bucket'", Fails(Definition.Replace(_bucket, "no-such-bucket", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Check 'access_key' and 'secret_key'", Fails(Definition.Replace("access_key: test:tester", "access_key: test:nobody", StringComparison.Ordinal)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Folder, "wrong"), "not-the-secret");
        Assert.Contains("Check 'access_key' and 'secret_key'", Fails(Definition.Replace("${env:SECRET}", "${file:wrong}", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Check 'endpoint'", Fails(Definition.Replace($":{server.Port}", $":{Child.FreePort()}", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("max_object_mb", Fails(Definition + "\n  max_object_mb: 0.000001".Replace("0.000001", "0.001", StringComparison.Ordinal), new string('x', 2000)), StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        foreach (var some in rows.Chunk(20_000))
            Store($"rows/{some[0].Id:D9}.csv", "id,name\n" + string.Concat(some.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Id},{r.Name}\n"))));
    }

    protected override string? BreakOff()
    {
        _proxy = new CuttingProxy(server.Port, 30_000);
        return Definition.Replace($":{server.Port}", $":{_proxy.Port}", StringComparison.Ordinal);
    }

    protected override void Mend() => _proxy!.Dispose();

    private string Fails(string definition, string? more = null)
    {
        if (more is not null)
            Store("rows/large.csv", more);
        var error = Assert.Throws<SourceException>(() => Fetch(definition, null, Cancellation, out _));
        Assert.DoesNotContain("not-the-secret", error.Message, StringComparison.Ordinal);
        return error.Message;
    }

    private string Of(string path) => $$"""
        type: s3
        format: csv
        s3:
          bucket: {{_bucket}}
          path: "{{path}}"
          endpoint: {{server.Url}}
          access_key: test:tester
          secret_key: ${env:SECRET}
        """;

    private void Store(string key, string text) =>
        Client().PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = key, ContentBody = text, UseChunkEncoding = false }, Cancellation).GetAwaiter().GetResult();

    private void Remove(string key) => Client().DeleteObjectAsync(_bucket, key, Cancellation).GetAwaiter().GetResult();

    private AmazonS3Client Client()
    {
        lock (this)
        {
            if (_client is not null)
                return _client;
            var client = new AmazonS3Client(new BasicAWSCredentials(SwiftServer.User, Secret), new AmazonS3Config
            {
                ServiceURL = server.Url, ForcePathStyle = true, AuthenticationRegion = "us-east-1",
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            });
            client.PutBucketAsync(_bucket, Cancellation).GetAwaiter().GetResult();
            return _client = client;
        }
    }
}
