namespace Millrace.Scoring;

/// <summary>A file is no model that can be served: no ONNX, a broken graph, an operator or a type that is not supported.</summary>
public sealed class OnnxModelException(string message, Exception? inner = null) : Exception(message, inner);
