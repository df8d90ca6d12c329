using System.Runtime.InteropServices;
using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Serving.Predictions;

/// <summary>Brings frames into a table of the engine, chunk by chunk.</summary>
internal sealed class RowsWriter : IDisposable
{
    private readonly DuckAppender _appender;
    private readonly DuckChunkWriter _chunk;
    private readonly Schema _schema;
    private readonly Dictionary<ModelIdentity, int[]> _places = [];
    private readonly Dictionary<string, byte[]> _texts = [];
    private int _filled;

    public RowsWriter(DuckConnection connection, string table, Schema schema)
    {
        _schema = schema;
        _appender = connection.Appender(table);
        _chunk = _appender.Chunk();
    }

    public long Rows { get; private set; }

    public void Add(RowsFrame frame)
    {
        for (var done = 0; done < frame.Rows;)
        {
            var take = Math.Min(frame.Rows - done, DuckChunkWriter.Capacity - _filled);
            Fill(frame, done, take);
            done += take;
            _filled += take;
            if (_filled == DuckChunkWriter.Capacity)
                Flush();
        }

        Rows += frame.Rows;
    }

    public void Close()
    {
        if (_filled > 0)
            Flush();
        _appender.Close();
    }

    public void Dispose()
    {
        _chunk.Dispose();
        _appender.Dispose();
    }

    private void Flush()
    {
        _chunk.Flush(_filled);
        _filled = 0;
    }

    private void Fill(RowsFrame frame, int from, int count)
    {
        var to = _filled;
        var sequences = _chunk.Values<long>(0);
        var rows = _chunk.Values<int>(3);
        var events = _chunk.Values<long>(4);
        var received = _chunk.Values<long>(5);
        var latencies = _chunk.Values<int>(9);
        var hashes = _chunk.Values<long>(10);
        for (var i = 0; i < count; i++)
        {
            sequences[to + i] = frame.Sequence + from + i;
            rows[to + i] = from + i;
            events[to + i] = frame.EventTimes?[from + i] ?? frame.ReceivedAt;
            received[to + i] = frame.ReceivedAt;
            latencies[to + i] = frame.LatencyMicroseconds;
            hashes[to + i] = (long)frame.Hashes[from + i];
            if (frame.Ids is { } ids)
                _chunk.SetUtf8(1, to + i, ids.Text(from + i));
            else
                _chunk.SetText(1, to + i, InferenceRows.IdOf(frame.Sequence + from + i));
            if (frame.RequestId is { } request)
                _chunk.SetUtf8(2, to + i, request);
            else
                _chunk.SetNull(2, to + i);
            _chunk.SetUtf8(6, to + i, Text(frame.Model.Endpoint));
            _chunk.SetUtf8(7, to + i, Text(frame.Model.Model));
            _chunk.SetUtf8(8, to + i, Text(frame.Model.Version));
        }

        var places = PlacesOf(frame.Model);
        var at = 0;
        foreach (var tensor in frame.Inputs.Concat(frame.Outputs))
        {
            for (var element = 0; element < tensor.Spec.Width; element++)
                Column(places[at++], tensor, element, from, count);
        }

        for (var column = PredictionColumns.Fixed.Count; column < _schema.Columns.Count; column++)
        {
            if (Array.IndexOf(places, column) >= 0)
                continue;
            for (var i = 0; i < count; i++)
                _chunk.SetNull(column, to + i);
        }
    }

    private byte[] Text(string text) =>
        _texts.TryGetValue(text, out var bytes) ? bytes : _texts[text] = System.Text.Encoding.UTF8.GetBytes(text);

    private int[] PlacesOf(ModelIdentity model)
    {
        if (!_places.TryGetValue(model, out var places))
        {
            var names = _schema.Names.ToList();
            _places[model] = places = [.. PredictionColumns.Of(model.Signature, _schema).Select(c => names.IndexOf(c.Name))];
        }

        return places;
    }

    private void Column(int column, TensorData tensor, int element, int from, int count)
    {
        var width = tensor.Spec.Width;
        switch (tensor.Spec.Type)
        {
            case TensorType.Bool:
                Copy<byte, byte>(v => v);
                break;
            case TensorType.Int8:
                Copy<sbyte, sbyte>(v => v);
                break;
            case TensorType.UInt8:
                Copy<byte, short>(v => v);
                break;
            case TensorType.Int16:
                Copy<short, short>(v => v);
                break;
            case TensorType.UInt16:
                Copy<ushort, int>(v => v);
                break;
            case TensorType.Int32:
                Copy<int, int>(v => v);
                break;
            case TensorType.UInt32:
                Copy<uint, long>(v => v);
                break;
            case TensorType.Int64:
                Copy<long, long>(v => v);
                break;
            case TensorType.UInt64:
                Copy<ulong, Int128>(v => v);
                break;
            case TensorType.Float32:
                Copy<float, float>(v => v);
                Missing();
                break;
            case TensorType.Float64:
                Copy<double, double>(v => v);
                Missing();
                break;
            default:
                for (var i = 0; i < count; i++)
                {
                    var at = ((from + i) * width) + element;
                    if (tensor.IsMissing(at))
                        _chunk.SetNull(column, _filled + i);
                    else
                        _chunk.SetUtf8(column, _filled + i, tensor.Text(at));
                }

                break;
        }

        void Copy<TFrom, TTo>(Func<TFrom, TTo> convert)
            where TFrom : unmanaged
            where TTo : unmanaged
        {
            var source = tensor.Values<TFrom>();
            var target = _chunk.Values<TTo>(column)[_filled..];
            if (typeof(TFrom) == typeof(TTo) && width == 1)
            {
                MemoryMarshal.Cast<TFrom, TTo>(source.Slice(from, count)).CopyTo(target);
                return;
            }

            for (var i = 0; i < count; i++)
                target[i] = convert(source[((from + i) * width) + element]);
        }

        void Missing()
        {
            for (var i = 0; i < count; i++)
            {
                if (tensor.IsMissing(((from + i) * width) + element))
                    _chunk.SetNull(column, _filled + i);
            }
        }
    }
}
