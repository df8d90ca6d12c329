namespace Millrace.Training.Onnx;

/// <summary>Element types of tensors, by their numbers in ONNX.</summary>
internal enum OnnxElement
{
    Float = 1,
    Int64 = 7,
    Text = 8,
    Bool = 9,
}
