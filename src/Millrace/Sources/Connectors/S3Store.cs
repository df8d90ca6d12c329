using Amazon.Runtime;
using Amazon.S3;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>How a bucket of an S3-compatible store is reached: the same keys wherever objects come from one or go to one.</summary>
internal sealed record S3Store(string Bucket, string? Endpoint, string Region, string? AccessKey, string? SecretKey, string? SessionToken)
{
    /// <summary>The keys of a section that names a bucket.</summary>
    public static IReadOnlyList<Key> Keys { get; } =
    [
        new Key("bucket", KeyKind.Text, "The bucket.") { IsRequired = true, Example = "exports" },
        new Key("endpoint", KeyKind.Text, "The store's address; without it Amazon's in the region.") { Example = "https://s3.example.com" },
        new Key("region", KeyKind.Text, "The store's region.") { Default = "us-east-1" },
        new Key("access_key", KeyKind.Text, "The name of the key that reads.") { Example = "${env:S3_ACCESS_KEY}" },
        new Key("secret_key", KeyKind.Text, "Its secret, as a reference. Without keys the store is asked anonymously.") { Example = "${env:S3_SECRET_KEY}" },
        new Key("session_token", KeyKind.Text, "The token of a session, as a reference."),
    ];

    /// <summary>Reads the keys; null after a mistake.</summary>
    public static S3Store? Read(Section section)
    {
        if (section.Text("endpoint") is { } endpoint && !endpoint.Contains("${", StringComparison.Ordinal)
            && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            section.Report("bad-value", $"'endpoint' is '{endpoint}'. Write a whole address with http:// or https://.", "endpoint");
            return null;
        }

        if ((section.Node("access_key") is null) != (section.Node("secret_key") is null))
        {
            section.Report(
                "missing-key", "'access_key' and 'secret_key' belong together. Give both, or none.", section.Node("access_key") is null ? "secret_key" : "access_key");
            return null;
        }

        return section.Text("bucket") is not { Length: > 0 } bucket
            ? null
            : new S3Store(
                bucket, section.Text("endpoint"), section.Text("region") ?? "us-east-1", section.Text("access_key"), section.Text("secret_key"),
                section.Text("session_token"));
    }

    /// <summary>A client with the secrets in it.</summary>
    public AmazonS3Client Connect(Secrets secrets)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            AuthenticationRegion = secrets.Resolve(Region),
            MaxErrorRetry = 4,
            Timeout = TimeSpan.FromMinutes(10),
        };
        if (Endpoint is { } endpoint)
            config.ServiceURL = secrets.Resolve(endpoint);
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(secrets.Resolve(Region));
        AWSCredentials credentials = AccessKey is null
            ? new AnonymousAWSCredentials()
            : SessionToken is { } token
                ? new SessionAWSCredentials(secrets.Resolve(AccessKey), secrets.Resolve(SecretKey!), secrets.Resolve(token))
                : new BasicAWSCredentials(secrets.Resolve(AccessKey), secrets.Resolve(SecretKey!));
        return new AmazonS3Client(credentials, config);
    }

    /// <summary>The way out of what the store said.</summary>
    public static string Advice(AmazonS3Exception? error) => error?.ErrorCode switch
    {
        "NoSuchBucket" => "Check 'bucket'.",
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "AccessDenied" or "Forbidden" => "Check 'access_key' and 'secret_key', 'region', and what they may read.",
        "NoSuchKey" => "It was there when the objects were listed. Run again.",
        "PreconditionFailed" => "An object changed while it was read. Run again once writing has ended.",
        "SlowDown" => "The store asks for fewer requests. Run again later.",
        _ when (int?)error?.StatusCode is 401 or 403 => "Check 'access_key' and 'secret_key', 'region', and what they may read.",
        _ when (int?)error?.StatusCode is 404 => "Check 'bucket' and 'path'.",
        _ when (int?)error?.StatusCode is 412 => "An object changed while it was read. Run again once writing has ended.",
        _ => "Check 'endpoint', and that the store runs.",
    };
}
