using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Serving.Predictions;

/// <summary>The prediction table of one endpoint: a Delta table whose versions the ledger names, and the segments that are not in it
/// yet.</summary>
/// <remarks>Any number of processes may read it and fold into it while one writes the log.</remarks>
public sealed partial class PredictionTable
{
    private readonly Ledger.Ledger _ledger;
    private readonly SqlSessionPool _pool;
    private readonly LakeTable _table;

    /// <param name="home">The folder of the project's state.</param>
    /// <param name="endpoint">The endpoint's name, as assets are named.</param>
    /// <param name="ledger">Names the table's versions.</param>
    /// <param name="pool">Engines for folding and for looking predictions up.</param>
    /// <exception cref="FormatException">The endpoint's name is none that an asset can have.</exception>
    public PredictionTable(string home, string endpoint, Ledger.Ledger ledger, SqlSessionPool pool)
    {
        // The name becomes a folder, so that it must be one word or words with dots, never a path.
        _ = AssetKey.Parse(AssetKind.Endpoint, endpoint);
        (Endpoint, _ledger, _pool) = (endpoint, ledger, pool);
        Folder = Path.Combine(Path.GetFullPath(home), "predictions", endpoint);
        TableFolder = Path.Combine(Folder, "table");
        _table = new LakeTable(TableFolder);
    }

    /// <summary>The endpoint's name.</summary>
    public string Endpoint { get; }

    /// <summary>The name of the journal in the ledger, and the Delta transactions' <c>appId</c>.</summary>
    public string Journal => "predictions/" + Endpoint;

    /// <summary>The folder of segments and table, absolute.</summary>
    public string Folder { get; }

    /// <summary>The folder of the Delta table, absolute.</summary>
    public string TableFolder { get; }

    /// <summary>All predictions that are logged now: the table's and those that wait in segments, none missing and none twice, also
    /// while a fold runs.</summary>
    /// <param name="session">Gets the waiting rows into a table of its own; the relation is good for as long as the session is.</param>
    /// <returns>Null when nothing was ever predicted.</returns>
    /// <exception cref="LakeException">The ledger names a version of the table that is missing or another one.</exception>
    public Relation? Read(SqlSession session)
    {
        // Segments first: one that is folded and deleted in the meantime stays readable through its handle, and the table, read
        // after it, tells
        // that its rows are not to be counted again.
        var open = SegmentFile.Numbers(Folder).Select(n => SegmentFile.TryOpen(Folder, n)).OfType<SegmentFile>().ToList();
        try
        {
            var snapshot = Standing();
            var folded = snapshot is null ? -1 : Marked(snapshot);
            var waiting = open.Where(s => s.Number > folded).ToList();
            var (schema, ends) = Survey(snapshot?.Schema, waiting);
            if (schema is null)
                return snapshot?.ToRelation();
            var name = "waiting_predictions_" + Endpoint.Replace('.', '_');
            session.DefineEmpty(name, schema);
            var rows = Load(session.Connection, name, schema, waiting, ends);
            var select = $"SELECT {string.Join(", ", schema.Names.Select(SqlName.Quote))} FROM {SqlName.Quote(name)}";
            if (snapshot is null)
                return rows == 0 ? null : new Relation(select, schema);
            var standing = snapshot.ToRelation();
            var columns = string.Join(", ", schema.Columns.Select(c => standing.Schema.Find(c.Name) is null
                ? $"NULL::{c.Type.Sql} AS {SqlName.Quote(c.Name)}"
                : SqlName.Quote(c.Name)));
            return rows == 0 ? standing : new Relation($"SELECT {columns} FROM ({standing.Sql}) UNION ALL {select}", schema);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }
    }

    /// <summary>The columns of a model version's inputs and then outputs in the table, element by element; null for a version that
    /// never served here.</summary>
    public IReadOnlyList<Column>? ColumnsOf(string model, string version) =>
        Identity(model, version) is { } identity ? PredictionColumns.Of(identity.Signature, Standing()?.Schema) : null;

    /// <summary>What a model version takes and gives; null for one that never served here.</summary>
    public ModelIdentity? Identity(string model, string version)
    {
        var path = SignaturePath(model, version);
        return File.Exists(path) ? ModelIdentity.FromJson(JsonNode.Parse(File.ReadAllBytes(path))!) : null;
    }

    internal string SignaturePath(string model, string version)
    {
        var name = $"{model}@{version}";
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@'))
            throw new ArgumentException($"The model version '{name}' cannot be served: names and versions use letters, digits, '.', "
                + $"'_' and '-'.");
        return Path.Combine(Folder, "signatures", name + ".json");
    }

    /// <summary>The right to append and to cut, or null when somebody has it.</summary>
    internal FileStream? TryLockWriter() => TryLock("writer.lock");

    /// <summary>The last segment that is in the table (-1 for none), and the sequence after its last row (1 for none).</summary>
    internal (long Segment, long NextSequence) Folded()
    {
        if (Standing() is not { } snapshot)
            return (-1, 1);
        using var session = _pool.Rent();
        var last = session.Connection.Query($"SELECT max(sequence) FROM ({snapshot.ToRelation().Sql})").Scalar();
        return (Marked(snapshot), last is long sequence ? sequence + 1 : 1);
    }

    /// <summary>The newest ids that clients gave, with the hashes of their inputs, oldest first.</summary>
    internal IEnumerable<(byte[] Id, ulong Hash)> RecentIds(int most)
    {
        if (Standing() is not { } snapshot || most == 0)
            yield break;

        using var session = _pool.Rent();
        var recent = string.Create(CultureInfo.InvariantCulture, $"""
            SELECT prediction_id, inputs_hash FROM (
                SELECT sequence, prediction_id, inputs_hash FROM ({snapshot.ToRelation().Sql})
                WHERE NOT starts_with(prediction_id, '{InferenceRows.MadeHere}') ORDER BY sequence DESC LIMIT {most}) ORDER BY sequence
            """);
        using var result = session.Connection.Query(recent);
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            for (var row = 0; row < chunk.Rows; row++)
                yield return (Encoding.UTF8.GetBytes((string)chunk[0].Value(row)!), (ulong)(long)chunk[1].Value(row)!);
        }
    }

    /// <summary>A row of the table with its outputs, or null.</summary>
    internal LoggedRow? Find(string id)
    {
        if (Standing() is not { } snapshot)
            return null;
        using var session = _pool.Rent();
        var where = $"FROM ({snapshot.ToRelation().Sql}) WHERE prediction_id = {SqlName.Text(id)} ORDER BY sequence LIMIT 1";
        if (session.Connection.Query($"SELECT model, model_version {where}").Rows().FirstOrDefault() is not { } found)
            return null;
        var model = Identity((string)found[0]!, (string)found[1]!) ?? throw new InvalidDataException(
            $"The signature of version {found[1]} of the model '{found[0]}' is missing "
                + $"('{SignaturePath((string)found[0]!, (string)found[1]!)}').");
        var places = PredictionColumns.Of(model.Signature, snapshot.Schema).Skip(model.Signature.Inputs.Sum(i => i.Width)).ToList();
        var values = session.Connection.Query($"SELECT {string.Join(", ", places.Select(p => SqlName.Quote(p.Name)))} "
            + $"{where}").Rows().First();
        var at = 0;
        var outputs = model.Signature.Outputs.Select(spec =>
        {
            var tensor = new TensorData(spec, 1);
            for (var element = 0; element < spec.Width; element++)
                Put(tensor, values[at++]);
            return tensor;
        }).ToArray();
        return new LoggedRow(model, outputs);
    }

    /// <summary>Takes a torn end away.</summary>
    /// <returns>Bytes taken.</returns>
    internal static long Cut(SegmentFile segment, long whole)
    {
        var torn = segment.Length - whole;
        if (torn > 0)
        {
            using var handle = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.SetLength(handle, whole);
        }

        return torn;
    }

    private static void Put(TensorData tensor, object? value)
    {
        switch (tensor.Spec.Type)
        {
            case var _ when value is null:
                tensor.AddMissing();
                break;
            case TensorType.Bytes:
                tensor.AddText((string)value);
                break;
            case TensorType.Bool:
                tensor.Add((bool)value ? (byte)1 : (byte)0);
                break;
            case TensorType.Float32:
                tensor.Add(Convert.ToSingle(value, CultureInfo.InvariantCulture));
                break;
            case TensorType.Float64:
                tensor.Add(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case TensorType.UInt64:
                tensor.Add(ulong.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!, CultureInfo.InvariantCulture));
                break;
            case var type:
                var whole = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                switch (type.Size())
                {
                    case 8:
                        tensor.Add(whole);
                        break;
                    case 4:
                        tensor.Add((int)whole);
                        break;
                    case 2:
                        tensor.Add((short)whole);
                        break;
                    default:
                        tensor.Add((byte)whole);
                        break;
                }

                break;
        }
    }

    private Snapshot? Standing() => _ledger.Journal(Journal) is { } named ? _table.Read(named.Number, named.EntryHash) : null;

    private long Marked(Snapshot snapshot) => snapshot.Transactions.GetValueOrDefault(Journal, -1);

    private FileStream? TryLock(string name)
    {
        try
        {
            return new FileStream(Path.Combine(Folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException) when (Directory.Exists(Folder))
        {
            return null;
        }
    }

    /// <summary>The columns for the waiting rows, null where there are none, and how far each segment is whole now.</summary>
    private static (Schema? Schema, List<long> Ends) Survey(Schema? standing, IReadOnlyList<SegmentFile> segments)
    {
        var schema = standing;
        var ends = new List<long>();
        var hasRows = false;
        foreach (var segment in segments)
        {
            var named = 0;
            ends.Add(segment.Scan((_, _, models) =>
            {
                hasRows = true;
                for (; named < models.Count; named++)
                    schema = PredictionColumns.Extend(schema, models[named].Signature);
            }).WholeBytes);
        }

        return (hasRows ? schema : null, ends);
    }

    private static long Load(
        DuckConnection connection, string table, Schema schema, IReadOnlyList<SegmentFile> segments, IReadOnlyList<long> ends)
    {
        using var writer = new RowsWriter(connection, table, schema);
        for (var i = 0; i < segments.Count; i++)
        {
            segments[i].Scan(
                (_, payload, models) =>
                {
                    using var frame = RowsFrame.Read(payload, models);
                    writer.Add(frame);
                },
                ends[i]);
        }

        writer.Close();
        return writer.Rows;
    }
}
