namespace Millrace.Serving;

/// <summary>Computes the outputs of rows. Called from many threads at once; keeps neither its inputs nor its outputs.</summary>
/// <param name="inputs">One tensor an input, in the order of the signature, each with all rows.</param>
/// <param name="rows">Rows, from 1.</param>
/// <param name="outputs">One empty tensor an output, in the order of the signature, with room for all rows, to be filled whole.</param>
public delegate void Scorer(IReadOnlyList<TensorData> inputs, int rows, IReadOnlyList<TensorData> outputs);
