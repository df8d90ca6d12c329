using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Millrace.Delivery;
using Millrace.Tests.Sources.Connectors;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Delivery;

/// <summary>Released rows as objects of a real S3-compatible store.</summary>
[Collection(nameof(SwiftServer))]
public sealed class S3DeliveryTests(SwiftServer server)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_release_is_put_whole_as_an_object()
    {
        var bucket = await Bucket();
        using var project = Orders(bucket, "secret").Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,");
        project.RunWell();
        var result = Deliver(project);
        Assert.Equal((DeliveryState.Delivered, 2L, $"s3://{bucket}/out/orders-0.csv"), (result.State, result.Rows, result.Place));
        Assert.Equal(DeliveryState.Stands, Deliver(project).State);
        project.Orders("b.csv", "2026-01-03,3,30").RunWell();
        Deliver(project);
        using var client = Client();
        using var first = new StreamReader((await client.GetObjectAsync(bucket, "out/orders-0.csv", Cancellation)).ResponseStream);
        Assert.Equal("day,id,amount\n2026-01-01,1,10\n2026-01-02,2,\n", await first.ReadToEndAsync(Cancellation));
        using var second = new StreamReader((await client.GetObjectAsync(bucket, "out/orders-1.csv", Cancellation)).ResponseStream);
        Assert.Equal(4, (await second.ReadToEndAsync(Cancellation)).Count(c => c == '\n'));
    }

    [Fact]
    public async Task A_wrong_key_fails_with_its_way_out_and_without_the_secret()
    {
        var bucket = await Bucket();
        using var project = Orders(bucket, "hunter2-long").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        var result = Deliver(project);
        Assert.Equal(DeliveryState.Failed, result.State);
        Assert.Contains("Check 'access_key' and 'secret_key'", result.Message);
        Assert.DoesNotContain("hunter2", result.Message);
    }

    private static DeliveryResult Deliver(SampleProject project)
    {
        using var engine = project.Open();
        return Assert.Single(engine.Deliver([], false, _ => { }, Cancellation));
    }

    private SampleProject Orders(string bucket, string secret) => WithOrders().Write("key.txt", secret == "secret" ? SwiftServer.Key : secret).Write(
        "sinks/out.yaml",
        string.Create(
            CultureInfo.InvariantCulture,
            $"table: orders\ntype: s3\ns3:\n  bucket: {bucket}\n  endpoint: {server.Url}\n  access_key: {SwiftServer.User}\n  secret_key: ${{file:key.txt}}\n  path: out/orders-{{version}}.csv\n"));

    private async Task<string> Bucket()
    {
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        var bucket = "d" + Guid.NewGuid().ToString("N");
        using var client = Client();
        await client.PutBucketAsync(bucket, Cancellation);
        return bucket;
    }

    private AmazonS3Client Client() => new(new BasicAWSCredentials(SwiftServer.User, SwiftServer.Key), new AmazonS3Config
    {
        ServiceURL = server.Url, ForcePathStyle = true, AuthenticationRegion = "us-east-1",
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
    });
}
