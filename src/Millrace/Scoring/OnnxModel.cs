using Millrace.Native;
using Millrace.Scoring.Trees;

namespace Millrace.Scoring;

/// <summary>A trained model, ready to score rows.</summary>
/// <remarks>
/// Safe to use from many threads. The answer for a row does not depend on threads; it may differ in its last bits between batches of
/// different sizes where the graph multiplies matrices, never where trees are walked, see <see cref="WalksTrees"/>.
/// </remarks>
public sealed class OnnxModel : IDisposable
{
    /// <summary>Rows that go through the engine at once in <see cref="Score"/>: enough to hide the cost of a call.</summary>
    private const int SliceRows = 4096;

    private readonly ModelBatch?[] _single = new ModelBatch?[Math.Max(4, 2 * Environment.ProcessorCount)];
    private readonly ModelBatch?[] _many = new ModelBatch?[Math.Max(2, Environment.ProcessorCount)];
    private volatile bool _isDisposed;

    private OnnxModel(OrtSession session, ReadOnlySpan<byte> file)
    {
        Session = session;
        Signature = ModelSignature.Read(session);
        Walker = TreeGraph.Walker(file, Signature, out var reason);
        EngineReason = reason;
    }

    public ModelSignature Signature { get; }

    /// <summary>The entries that the maker left in the file beside the graph.</summary>
    public IReadOnlyDictionary<string, string> Properties => Session.Metadata.Properties;

    /// <summary>Whether rows are scored by walking the trees of the file without the engine; see the room's README.</summary>
    public bool WalksTrees => Walker is not null;

    internal OrtSession Session { get; }

    /// <summary>What scores instead of the engine; null where the engine does.</summary>
    internal TreeWalker? Walker { get; }

    /// <summary>Why the engine scores; empty where it does not.</summary>
    internal string EngineReason { get; }

    internal bool IsDisposed => _isDisposed;

    /// <summary>Opens a model from the bytes of its file.</summary>
    /// <exception cref="OnnxModelException">
    /// The bytes are no ONNX model; its graph is broken or uses operators that the engine lacks; an input or output is no column of rows.
    /// </exception>
    public static OnnxModel Open(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
            throw new OnnxModelException("The file of the model is empty.");

        OrtSession session;
        try
        {
            // Batches have any number of rows: a plan of memory for each would never stop growing, and one large batch would be paid for
            // as long as the model is open. Neither makes a run faster.
            session = OrtSession.Open(file, new OrtSessionOptions { PlansMemoryByShape = false, KeepsMemory = false });
        }
        catch (OrtException e)
        {
            var what = e.Code == OrtErrorCode.InvalidProtobuf ? "is not an ONNX model" : "is a model that cannot be run";
            throw new OnnxModelException($"The file {what}: {e.Message}", e);
        }

        try
        {
            return new OnnxModel(session, file);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Gives room for rows to fill and score. Dispose it to give it back.</summary>
    /// <param name="rows">From 1. A batch takes memory for all of them at once: score what is large with <see cref="Score"/>.</param>
    /// <exception cref="ScoringException">The graph is made for another number of rows.</exception>
    public ModelBatch Rent(int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (rows < 1 || (Signature.FixedRows is { } wanted && rows != wanted))
        {
            var taken = Signature.FixedRows is { } exactly ? FormattableString.Invariant($"exactly {exactly}") : "1 or more";
            throw new ScoringException(FormattableString.Invariant($"The model takes {taken} rows at a time and was given {rows}."));
        }

        foreach (ref var place in Pool(rows).AsSpan())
        {
            if (place is not null && Interlocked.Exchange(ref place, null) is { } kept)
                return Rent(kept, rows);
        }

        return Rent(new ModelBatch(this), rows);
    }

    /// <summary>Scores columns of any length.</summary>
    /// <param name="columns">One for each input of the signature, by name, in any order.</param>
    /// <exception cref="ScoringException">A column is missing, unknown, twice, of another type, or of another length.</exception>
    /// <exception cref="OrtException">The engine could not compute the outputs.</exception>
    public Predictions Score(IReadOnlyList<ModelColumn> columns, CancellationToken cancellationToken) =>
        ScoreSlices(columns, byEngine: false, cancellationToken);

    /// <summary>Scores rows of missing values, so that the first caller does not pay for what is done once; in the engine too, which
    /// tells whether the model can be run.</summary>
    /// <exception cref="OnnxModelException">The model cannot be run.</exception>
    public void WarmUp()
    {
        try
        {
            using var batch = Rent(Signature.FixedRows ?? 1);
            for (var i = 0; i < Signature.Inputs.Count; i++)
            {
                if (Signature.Inputs[i].Type == ColumnType.Text)
                    batch.Values<string>(i).Fill("");
                else
                    batch.Touch(i);
            }

            batch.ScoreByEngine();
            batch.Score();
        }
        catch (OrtException e)
        {
            throw new OnnxModelException($"The model cannot be run: {e.Message}", e);
        }
    }

    /// <summary>Batches that are being scored end well; what is asked for later throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Drain(_single);
        Drain(_many);
        Session.Dispose();
    }

    /// <summary>Scores columns in the engine, even where <see cref="Score"/> would not.</summary>
    internal Predictions ScoreByEngine(IReadOnlyList<ModelColumn> columns, CancellationToken cancellationToken) =>
        ScoreSlices(columns, byEngine: true, cancellationToken);

    internal void Return(ModelBatch batch)
    {
        if (!_isDisposed && batch.Rows <= SliceRows)
        {
            foreach (ref var place in Pool(batch.Rows).AsSpan())
            {
                if (place is not null || Interlocked.CompareExchange(ref place, batch, null) is not null)
                    continue;

                // The model may have been disposed in between, and then nobody else would free what stands there.
                if (_isDisposed)
                    Drain(Pool(batch.Rows));
                return;
            }
        }

        batch.Free();
    }

    private static ModelBatch Rent(ModelBatch batch, int rows)
    {
        try
        {
            batch.Rent(rows);
            return batch;
        }
        catch
        {
            batch.Free();
            throw;
        }
    }

    private static void Drain(ModelBatch?[] pool)
    {
        foreach (ref var place in pool.AsSpan())
            Interlocked.Exchange(ref place, null)?.Free();
    }

    private Predictions ScoreSlices(IReadOnlyList<ModelColumn> columns, bool byEngine, CancellationToken cancellationToken)
    {
        var (ordered, rows) = Order(columns);
        var slice = Signature.FixedRows ?? SliceRows;
        if (Signature.FixedRows is not null && rows % slice != 0)
            throw new ScoringException(
                FormattableString.Invariant($"The model takes {slice} rows at a time and was given {rows}, which is no multiple."));

        var outputs = Signature.Outputs.Select(o => Predictions.Room(o, rows)).ToArray();
        for (var from = 0; from < rows; from += slice)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batch = Rent(Math.Min(slice, rows - from));
            for (var i = 0; i < ordered.Length; i++)
                ordered[i].CopyTo(batch, i, from * Signature.Inputs[i].Width, batch.Rows * Signature.Inputs[i].Width);
            if (byEngine)
                batch.ScoreByEngine();
            else
                batch.Score();
            for (var i = 0; i < outputs.Length; i++)
                Predictions.Copy(batch, i, outputs[i], from * Signature.Outputs[i].Width);
        }

        return new Predictions(Signature, rows, outputs);
    }

    /// <summary>Single rows are kept apart, so that a large batch does not make the next single row build its tensors anew.</summary>
    private ModelBatch?[] Pool(int rows) => rows == 1 ? _single : _many;

    private (ModelColumn[] Ordered, int Rows) Order(IReadOnlyList<ModelColumn> columns)
    {
        var ordered = new ModelColumn[Signature.Inputs.Count];
        foreach (var column in columns)
        {
            var index = Signature.InputIndex(column.Name);
            if (index < 0)
                throw new ScoringException(
                    $"The model has no input '{column.Name}'. Its inputs are: {string.Join(", ", Signature.Inputs)}.");
            if (ordered[index] is not null)
                throw new ScoringException($"The input '{column.Name}' is given twice.");
            if (column.Type != Signature.Inputs[index].Type)
                throw new ScoringException($"The input {Signature.Inputs[index]} was given values of the type {column.Type.Word()}.");
            ordered[index] = column;
        }

        var rows = -1;
        for (var i = 0; i < ordered.Length; i++)
        {
            var port = Signature.Inputs[i];
            if (ordered[i] is not { } column)
                throw new ScoringException($"The input {port} is missing.");
            if (column.Length % port.Width != 0)
                throw new ScoringException(
                    FormattableString.Invariant($"The input {port} takes {port.Width} values a row and was given {column.Length}."));

            var given = column.Length / port.Width;
            if (rows >= 0 && given != rows)
                throw new ScoringException(
                    FormattableString.Invariant($"The input {port} has {given} rows and '{Signature.Inputs[0].Name}' has {rows}."));
            rows = given;
        }

        return (ordered, rows);
    }
}
