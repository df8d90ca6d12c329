namespace Millrace.Native;

/// <summary>An error of ONNX Runtime. The message is the engine's own text, whole.</summary>
public sealed class OrtException : Exception
{
    internal OrtException(OrtErrorCode code, string? text)
        : base(string.IsNullOrEmpty(text) ? "ONNX Runtime reported an error without a text." : text) => Code = code;

    /// <summary>The kind of error, as the engine tells it.</summary>
    public OrtErrorCode Code { get; }
}
