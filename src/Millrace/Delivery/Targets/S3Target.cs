using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;

namespace Millrace.Delivery.Targets;

/// <summary>An object of an S3-compatible store, put whole.</summary>
/// <remarks>A store shows an object only once all of it came, also one that is sent in parts; so readers see the old one or the new one.</remarks>
internal sealed record S3Target(S3Store Store, string Key, string Format) : Target
{
    /// <summary>Larger files go in parts.</summary>
    private const long LargestPut = 64L << 20;

    public static readonly Shape Shape = new(
        "s3 section",
        "An object of an S3-compatible store, put whole.",
        [
            .. S3Store.Keys,
            new Key("path", KeyKind.Text, "The object's key; {version} and {date} stand for the released version and the day (UTC) of the delivery.")
            {
                IsRequired = true,
                Example = "reports/hourly-{version}.parquet",
            },
            new Key("format", KeyKind.Word, "How rows are written; without it the path's ending says.") { Words = [.. FileFormats.Words] },
        ]);

    public override string Identity => $"{Store.Endpoint}\n{Store.Bucket}\n{Key}\n{Format}";

    public override string Title => $"s3://{Store.Bucket}/{Key}";

    public override bool TakesChanges => false;

    public static Target? Read(Section section)
    {
        if (S3Store.Read(section) is not { } store || section.Text("path") is not { Length: > 0 } path)
            return null;
        if ((section.Text("format") ?? FileFormats.Of(path)) is { } format)
            return new S3Target(store, path.TrimStart('/'), format);
        section.Report(
            "missing-key", $"The ending of '{path}' names no format. Add format: with one of: {string.Join(", ", FileFormats.Words)}.", "path");
        return null;
    }

    public override DeliveredRows Deliver(DeliveryOrder order, CancellationToken cancellationToken)
    {
        var key = FileTarget.Named(Key, order);
        Directory.CreateDirectory(order.Scratch);
        var file = Path.Combine(order.Scratch, "rows." + Format);
        if (File.Exists(file))
            File.Delete(file);
        var rows = ExportFile.WriteAs(order.Connection, order.Rows, file, Format);
        try
        {
            using var client = Store.Connect(order.Secrets);
            Put(client, key, file, cancellationToken).ConfigureAwait(false).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var error = e as AmazonS3Exception;
            var code = (int?)error?.StatusCode ?? 0;
            throw new DeliveryException($"s3://{Store.Bucket}/{key} was not taken: {order.Secrets.Hide(e.Message).TrimEnd('.')}. {S3Store.Advice(error)}", e)
            {
                IsPassing = error is null || code is 429 or >= 500,
            };
        }

        return new DeliveredRows(rows, 0, false, $"s3://{Store.Bucket}/{key}");
    }

    private async Task Put(AmazonS3Client client, string key, string file, CancellationToken cancellationToken)
    {
        if (new FileInfo(file).Length <= LargestPut)
        {
            var put = new PutObjectRequest { BucketName = Store.Bucket, Key = key, FilePath = file, UseChunkEncoding = false };
            await client.PutObjectAsync(put, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var transfer = new TransferUtility(client);
        await transfer.UploadAsync(file, Store.Bucket, key, cancellationToken).ConfigureAwait(false);
    }
}
