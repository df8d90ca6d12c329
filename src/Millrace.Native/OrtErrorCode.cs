namespace Millrace.Native;

/// <summary>The kinds of errors that ONNX Runtime tells apart.</summary>
public enum OrtErrorCode
{
    Ok = 0,
    Fail = 1,
    InvalidArgument = 2,
    NoSuchFile = 3,
    NoModel = 4,
    EngineError = 5,
    RuntimeException = 6,

    /// <summary>The bytes are no ONNX model.</summary>
    InvalidProtobuf = 7,
    ModelLoaded = 8,

    /// <summary>The engine has no kernel for an operator at these element types.</summary>
    NotImplemented = 9,

    /// <summary>The graph breaks the rules of its operators or names.</summary>
    InvalidGraph = 10,
    ExecutionProviderFail = 11,
}
