using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Serving;

namespace Millrace.Server.OpenInference;

/// <summary>The Open Inference Protocol, version 2, over HTTP and JSON. A model of the protocol is an endpoint of ours.</summary>
/// <remarks>
/// Paths with and without a slash at their end, with and without a version, and <c>model</c> for <c>models</c> are the same. The one
/// version that can
/// be asked for is the one in force.
/// </remarks>
internal sealed class InferenceApi(IReadOnlyDictionary<string, EndpointRuntime> endpoints, ServerOptions options)
{
    private static readonly string Version = typeof(InferenceApi).Assembly.GetName().Version!.ToString(3);

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            await RouteAsync(http).ConfigureAwait(false);
        }
        catch (ServingException e)
        {
            await JsonAnswer.ErrorAsync(http, StatusOf(e.Refusal), e.Message).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : "";
            await JsonAnswer.ErrorAsync(http, StatusCodes.Status400BadRequest, $"The body is not the JSON of an inference "
                + $"request{where}: {Shortened(e.Message)}").ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            var message = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The body is longer than {options.MaxBodyBytes} bytes. Send the rows in several requests."
                : e.Message;
            await JsonAnswer.ErrorAsync(http, e.StatusCode, message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            options.Failed?.Invoke(e);
            await JsonAnswer.ErrorAsync(http, StatusCodes.Status500InternalServerError, $"The server failed to answer: "
                + $"{e.Message}").ConfigureAwait(false);
        }
    }

    private static int StatusOf(Refusal refusal) => refusal switch
    {
        Refusal.Unknown => StatusCodes.Status404NotFound,
        Refusal.TooLarge => StatusCodes.Status413PayloadTooLarge,
        Refusal.NotReady => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>The engine's text ends with the place, which the caller says in its own words.</summary>
    private static string Shortened(string message) =>
        message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var at and > 0 ? message[..at] : message;

    private Task RouteAsync(HttpContext http)
    {
        var parts = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["v2"] => GetAsync(http, ServerMetadata),
            ["v2", "health", "live"] => GetAsync(http, static (json, _) => json.WriteBoolean("live"u8, true)),
            ["v2", "health", "ready"] => ServerReadyAsync(http),
            ["v2", "models" or "model", var model] => ModelAsync(http, model, null),
            ["v2", "models" or "model", var model, "versions", var version] => ModelAsync(http, model, version),
            ["v2", "models" or "model", var model, "ready"] => ModelReadyAsync(http, model, null),
            ["v2", "models" or "model", var model, "versions", var version, "ready"] => ModelReadyAsync(http, model, version),
            ["v2", "models" or "model", var model, "infer"] => InferAsync(http, model, null),
            ["v2", "models" or "model", var model, "versions", var version, "infer"] => InferAsync(http, model, version),
            _ => JsonAnswer.ErrorAsync(http, StatusCodes.Status404NotFound,
                $"There is nothing at {http.Request.Path}. The Open Inference Protocol begins at /v2; predictions are made at "
                    + $"/v2/models/NAME/infer."),
        };
    }

    private static Task NotAllowedAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return JsonAnswer.ErrorAsync(http, StatusCodes.Status405MethodNotAllowed, $"{http.Request.Path} takes {allowed}, not "
            + $"{http.Request.Method}.");
    }

    private Task GetAsync(HttpContext http, Action<Utf8JsonWriter, InferenceApi> members, int status = StatusCodes.Status200OK)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
            return NotAllowedAsync(http, "GET");
        return JsonAnswer.WriteAsync(http, status, (Api: this, Members: members), static (json, state) =>
        {
            json.WriteStartObject();
            state.Members(json, state.Api);
            json.WriteEndObject();
        });
    }

    private static void ServerMetadata(Utf8JsonWriter json, InferenceApi api)
    {
        json.WriteString("name"u8, "millrace");
        json.WriteString("version"u8, Version);
        json.WriteStartArray("extensions"u8);
        json.WriteEndArray();
    }

    /// <summary>The text of the protocol calls the member <c>live</c>, its table of calls says ready: both are sent.</summary>
    private Task ServerReadyAsync(HttpContext http)
    {
        var waiting = endpoints.Values.Where(e => !e.IsReady).Select(e => e.Name).Order(StringComparer.Ordinal).ToList();
        var isReady = waiting.Count == 0 && endpoints.Count > 0;
        return GetAsync(
            http,
            (json, _) =>
            {
                json.WriteBoolean("ready"u8, isReady);
                json.WriteBoolean("live"u8, isReady);
                if (endpoints.Count == 0)
                    json.WriteString("error"u8, "No endpoint is released.");
                if (waiting.Count > 0)
                    json.WriteString("error"u8, $"These endpoints have no model version in force yet: {string.Join(", ", waiting)}.");
            },
            isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private Task ModelReadyAsync(HttpContext http, string name, string? version)
    {
        var current = Endpoint(name).Current;
        if (current is not null && version is not null && version != current.Version)
            throw NoVersion(name, version, current);
        return GetAsync(
            http,
            (json, _) =>
            {
                json.WriteString("name"u8, name);
                json.WriteBoolean("ready"u8, current is not null);
                if (current is null)
                    json.WriteString("error"u8, $"The endpoint '{name}' has no model version in force yet.");
            },
            current is not null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private Task ModelAsync(HttpContext http, string name, string? version)
    {
        var current = Endpoint(name).Current ?? throw new ServingException(Refusal.NotReady, $"The endpoint '{name}' has no model "
            + $"version in force yet.");
        if (version is not null && version != current.Version)
            throw NoVersion(name, version, current);
        return GetAsync(http, (json, _) =>
        {
            json.WriteString("name"u8, name);
            json.WriteStartArray("versions"u8);
            json.WriteStringValue(current.Version);
            json.WriteEndArray();
            json.WriteString("platform"u8, "onnx_onnxv1");
            Tensors(json, "inputs", current.Signature.Inputs);
            Tensors(json, "outputs", current.Signature.Outputs);
        });
    }

    private static void Tensors(Utf8JsonWriter json, string name, IReadOnlyList<TensorSpec> specs)
    {
        json.WriteStartArray(name);
        foreach (var spec in specs)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, spec.Name);
            json.WriteString("datatype"u8, spec.Type.Word());
            json.WriteStartArray("shape"u8);
            json.WriteNumberValue(-1);
            json.WriteNumberValue(spec.Width);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async Task InferAsync(HttpContext http, string name, string? version)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            await NotAllowedAsync(http, "POST").ConfigureAwait(false);
            return;
        }

        var endpoint = Endpoint(name);
        if (Unreadable(http.Request) is { } reason)
        {
            await JsonAnswer.ErrorAsync(http, StatusCodes.Status415UnsupportedMediaType, reason).ConfigureAwait(false);
            return;
        }

        using var body = await RequestBody.ReadAsync(http.Request.BodyReader, http.RequestAborted).ConfigureAwait(false);
        using var request = endpoint.Begin(version);
        InferenceJson.Read(body.Bytes, request);
        using var answer = await request.AnswerAsync(http.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(http, StatusCodes.Status200OK, (Request: request, Answer: answer, Name: name), static (json, state) =>
            InferenceJson.Write(json, state.Name, state.Request, state.Answer)).ConfigureAwait(false);
    }

    /// <summary>What is wrong with the kind of body; null for JSON, also for a body whose kind is not said.</summary>
    private static string? Unreadable(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            return $"The body is compressed ({request.Headers.ContentEncoding}). Send it as it is.";
        if (request.Headers.ContainsKey("Inference-Header-Content-Length"))
            return "The body holds binary tensors (Inference-Header-Content-Length). This server takes the tensors as JSON.";
        var type = request.ContentType;
        if (type is null)
            return null;
        var word = type.AsSpan();
        if (word.IndexOf(';') is var end and >= 0)
            word = word[..end];
        return word.Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase)
            ? null
            : $"The body is '{type}'. Send application/json.";
    }

    private EndpointRuntime Endpoint(string name)
    {
        if (endpoints.TryGetValue(name, out var endpoint))
            return endpoint;
        var served = string.Join(", ", endpoints.Keys.Order(StringComparer.Ordinal));
        throw new ServingException(
            Refusal.Unknown, $"There is no endpoint '{name}'" + (served.Length > 0 ? $". Served are: {served}." : ": none is served."));
    }

    private static ServingException NoVersion(string name, string version, ModelIdentity current) =>
        new(Refusal.Unknown, $"The endpoint '{name}' has no version '{version}' in force. It serves version '{current.Version}'.");
}
