using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>Objects of an S3-compatible store, brought as they are.</summary>
internal sealed class S3Connector : IConnector
{
    /// <inheritdoc/>
    public string Type => "s3";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "s3 section",
        "Objects of an S3-compatible store.",
        [
        .. S3Store.Keys,
        new Key("path", KeyKind.Text, "The keys of the objects: a glob, where ** crosses slashes.") { IsRequired = true, Example = "orders/2026/*.csv" },
        new Key("max_object_mb", KeyKind.Number, "The largest object, in MiB.") { Default = 102400, Minimum = 0.001 },
        ]);

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        return S3Store.Read(section) is not { } store || section.Text("path") is not { Length: > 0 } path
            ? null
            : new S3Place
            {
                Store = store,
                Pattern = path.TrimStart('/'),
                MaxObjectBytes = (long)((section.Number("max_object_mb") ?? 102400) * (1 << 20)),
            };
    }
}

/// <summary>Objects of an S3-compatible store.</summary>
internal sealed record S3Place : Place
{
    public required S3Store Store { get; init; }

    public required string Pattern { get; init; }

    public long MaxObjectBytes { get; init; } = 100L << 30;

    /// <inheritdoc/>
    public override string Identity => $"s3 {Bucket}/{Pattern}";

    /// <inheritdoc/>
    public override string Format => "";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var client = Store.Connect(request.Secrets);
            return FetchAsync(client, request, cancellationToken).ConfigureAwait(false).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(e, request.Secrets);
        }
    }

    private string Where(Secrets secrets) => secrets.Hide($"s3://{Bucket}/{Pattern}" + (Store.Endpoint is null ? "" : $" at {Store.Endpoint}"));

    private string Bucket => Store.Bucket;

    private async Task<FetchResult> FetchAsync(AmazonS3Client client, FetchRequest request, CancellationToken cancellationToken)
    {
        var found = await List(client, cancellationToken).ConfigureAwait(false);
        if (found.Count == 0 && request.State is null)
            throw new SourceException($"No object matches {Where(request.Secrets)}. Check 'bucket' and 'path'.");
        var (wanted, isWhole) = RemoteFiles.Choose(found, request.State);
        var receipts = new List<Receipt>();
        foreach (var file in wanted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.Bytes > MaxObjectBytes)
                throw new SourceException($"s3://{Bucket}/{file.Name} has {file.Bytes} bytes, more than 'max_object_mb' allows ({MaxObjectBytes}). Raise it if that is right.");
            receipts.Add(await Bring(client, request, file, receipts.Count + 1, cancellationToken).ConfigureAwait(false));
        }

        return new FetchResult
        {
            State = wanted.Count == 0 && !isWhole ? request.State : RemoteFiles.State(wanted, isWhole, request.State),
            IsWhole = isWhole,
            Receipts = receipts,
        };
    }

    private async Task<List<RemoteFile>> List(AmazonS3Client client, CancellationToken cancellationToken)
    {
        var (found, wanted) = (new List<RemoteFile>(), Glob.Of(Pattern));
        var ask = new ListObjectsV2Request { BucketName = Bucket, Prefix = Glob.Prefix(Pattern) };
        while (true)
        {
            var answer = await client.ListObjectsV2Async(ask, cancellationToken).ConfigureAwait(false);
            found.AddRange((answer.S3Objects ?? []).Where(o => wanted.IsMatch(o.Key) && !o.Key.EndsWith('/')).Select(o => new RemoteFile(o.Key, o.ETag.Trim('"'), o.Size ?? 0)));
            if (answer.IsTruncated is not true || answer.NextContinuationToken is null)
                return found;
            ask.ContinuationToken = answer.NextContinuationToken;
        }
    }

    /// <summary>Brings one object as it was listed: one that changed meanwhile is refused by the store, and by its length where the store does not look.</summary>
    private async Task<Receipt> Bring(AmazonS3Client client, FetchRequest request, RemoteFile file, int number, CancellationToken cancellationToken)
    {
        var name = RemoteFiles.Landed(number, file.Name);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var answer = await client.GetObjectAsync(
                    new GetObjectRequest { BucketName = Bucket, Key = file.Name, EtagToMatch = $"\"{file.Mark}\"" }, cancellationToken).ConfigureAwait(false);
                var body = answer.ResponseStream;
                await using (body.ConfigureAwait(false))
                {
                    using var landing = request.Landing.Create(name);
                    var buffer = new byte[1 << 16];
                    for (int read; (read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                        landing.Write(buffer, 0, read);
                }

                var landed = request.Landing.Files[^1];
                if (landed.Bytes != file.Bytes || (answer.ETag?.Trim('"') is { } mark && mark != file.Mark))
                    throw new SourceException($"s3://{Bucket}/{file.Name} changed while it was read. Nothing of this load is kept; run again once writing has ended.");
                return new Receipt($"s3://{Bucket}/{file.Name}", [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), new Dictionary<string, string> { ["etag"] = file.Mark });
            }
            catch (Exception e) when (e is IOException or HttpRequestException && attempt < 4 && !cancellationToken.IsCancellationRequested)
            {
                request.Landing.Withdraw(name);
                request.Said?.Invoke(string.Create(CultureInfo.InvariantCulture, $"s3://{Bucket}/{file.Name} broke off ({e.Message}); attempt {attempt + 1}"));
            }
        }
    }

    private SourceException Explain(Exception e, Secrets secrets)
    {
        var advice = S3Store.Advice(e as AmazonS3Exception);
        var text = e.Message + (e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? " " + inner.Message : "");
        return new SourceException($"{Where(secrets)}: {secrets.Hide(text).TrimEnd('.')}. {advice}", e);
    }
}
