using Millrace.Assets;
using Millrace.Serving;
using Millrace.Serving.Predictions;

namespace Millrace.Tests.Serving;

public sealed class PredictionLogTests : ServingTestBase
{
    private const string All = "SELECT sequence, prediction_id, request_id, row, model_version, temp, hour, city, prediction FROM "
        + "predictions ORDER BY sequence";

    [Fact]
    public async Task An_answered_row_can_be_queried_at_once_with_its_inputs_and_outputs()
    {
        Show(await Ask("r1", null, (10, 8)));
        Show(await Ask(null, ["a", "b"], (1, 2), (float.NaN, 3)));
        Show(await Ask(null, null, (3, 4)));

        Assert.Equal(
            [
                "(1, r1, r1, 0, 1, 10.0, 8, Bern, 28.0)", "(2, a, NULL, 0, 1, 1.0, 2, Bern, 4.0)", "(3, b, NULL, 1, 1, NULL, 3, Bern, "
                    + "NULL)",
                "(4, auto/4, NULL, 0, 1, 3.0, 4, Bern, 10.0)",
            ],
            Query(All));
        Assert.Equal(["(2026-01-01 12:00:00+00, demand, demand)"], Query("SELECT DISTINCT received_at, endpoint, model FROM predictions"));
    }

    [Fact]
    public async Task Folding_moves_rows_into_the_table_and_queries_do_not_notice()
    {
        for (var i = 0; i < 5; i++)
            Show(await Ask($"r{i}", null, (i, i)));
        var before = Query(All);

        Assert.Equal(new FoldResult(1, 5, false), Fold());
        Show(await Ask("r5", null, (5, 5)));
        Assert.Equal(before, Query(All).Take(5));
        Assert.Equal(6, Query(All).Count);
        Assert.Equal(new FoldResult(1, 1, false), Fold());
        Assert.Equal(new FoldResult(0, 0, false), Fold());

        Assert.Equal([0L, 1], Ledger.JournalVersions("predictions/demand").Select(v => v.Number));
        Assert.Equal([5L, 1], Ledger.JournalVersions("predictions/demand").Select(v => v.Rows));
        Assert.Equal(6, Query(All).Count);
    }

    [Fact]
    public async Task A_reader_sees_each_row_once_while_rows_come_and_folds_run()
    {
        _ = Endpoint;
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    Show(await Ask(null, [$"a{i}", $"b{i}"], (i, 1), (i, 2)));
                    if (i % 20 == 0)
                        Fold();
                }
            },
            Cancellation);
        while (Endpoint.Log.Rows == 0)
            await Task.Yield();
        while (Ledger.JournalVersions("predictions/demand").Count < 6)
        {
            var last = Assert.Single(Query("SELECT count(*), max(sequence), count(DISTINCT prediction_id), count(*) % 2 FROM predictions"));
            var counts = last.Trim('(', ')').Split(", ");
            Assert.True(counts[0] == counts[1] && counts[0] == counts[2] && counts[3] == "0", last);
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task A_table_that_was_put_back_from_an_older_copy_is_refused()
    {
        Show(await Ask("a", null, (1, 1)));
        Fold();
        var entry = Directory.EnumerateFiles(Path.Combine(Table.TableFolder, "_delta_log"), "*.json").Single();
        File.WriteAllText(entry, File.ReadAllText(entry).Replace("WRITE", "OTHER", StringComparison.Ordinal) + "\n");

        Assert.Throws<Millrace.Lake.LakeException>(() => Query("SELECT 1 FROM predictions"));
    }

    [Fact]
    public async Task Sequence_and_segments_go_on_after_a_restart_whatever_was_folded()
    {
        Show(await Ask("a", null, (1, 1)));
        Restart();
        Show(await Ask("b", null, (2, 2)));
        Fold();
        Restart();
        Show(await Ask("c", null, (3, 3)));

        Assert.Equal(["(1, a)", "(2, b)", "(3, c)"], Query("SELECT sequence, prediction_id FROM predictions ORDER BY sequence"));
    }

    [Fact]
    public async Task A_last_segment_that_nobody_writes_is_folded_too()
    {
        Show(await Ask("a", null, (1, 1)));
        Restart();

        Assert.Equal(new FoldResult(1, 1, false), Table.Fold(Clock.GetUtcNow(), Cancellation));
    }

    [Fact]
    public async Task A_torn_end_is_cut_off_and_the_whole_requests_before_it_stay()
    {
        Show(await Ask("a", null, (1, 1)));
        Show(await Ask(null, ["b", "c"], (2, 2), (3, 3)));
        Restart();
        var segment = Directory.EnumerateFiles(Table.Folder, "*.segment").Single();
        using (var file = File.OpenWrite(segment))
            file.SetLength(file.Length - 1);

        Assert.Equal(["(1, a)"], Query("SELECT sequence, prediction_id FROM predictions"));
        Assert.Equal("1: 6 9", Show(await Ask(null, ["b", "c"], (2, 2), (3, 3))));
        Assert.True(Endpoint.Log.CutBytes > 0);
        Assert.Equal(["(1, a)", "(2, b)", "(3, c)"], Query("SELECT sequence, prediction_id FROM predictions ORDER BY sequence"));
    }

    [Fact]
    public async Task A_sealed_segment_that_was_damaged_is_refused_and_nothing_of_it_is_lost_in_silence()
    {
        Show(await Ask("a", null, (1, 1)));
        Endpoint.Log.Seal(TimeSpan.Zero);
        var segment = Directory.EnumerateFiles(Table.Folder, "*.segment").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(segment);
        bytes[^5] ^= 1;
        File.WriteAllBytes(segment, bytes);

        var error = Assert.Throws<InvalidDataException>(() => Table.Fold(Clock.GetUtcNow(), Cancellation));

        Assert.Contains("is damaged at byte", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(segment));
    }

    [Fact]
    public async Task A_segment_ends_when_it_is_large_or_old()
    {
        Options = new PredictionLogOptions { SegmentBytes = 1, SegmentAge = TimeSpan.FromMinutes(1) };
        Show(await Ask("a", null, (1, 1)));
        Show(await Ask("b", null, (1, 1)));

        Assert.Equal(2, Directory.EnumerateFiles(Table.Folder, "*.segment").Count());
    }

    [Fact]
    public async Task What_cannot_be_logged_is_not_answered_and_its_retry_succeeds_once_the_disk_is_back()
    {
        Options = new PredictionLogOptions { SegmentBytes = 1 };
        Show(await Ask("a", null, (1, 1)));
        var away = Table.Folder + ".away";
        Directory.Move(Table.Folder, away);

        foreach (var id in new[] { "b", null })
        {
            var error = await Assert.ThrowsAsync<ServingException>(() => Ask(id, null, (2, 2)));
            Assert.Equal(Refusal.NotReady, error.Refusal);
            Assert.StartsWith("The prediction was not answered, since its log cannot be written", error.Message, StringComparison.Ordinal);
        }

        Directory.Move(away, Table.Folder);
        Assert.Equal("1: 6", Show(await Ask("b", null, (2, 2))));
        Assert.Equal(["(1, a)", "(2, b)"], Query("SELECT sequence, prediction_id FROM predictions ORDER BY sequence"));
    }

    [Fact]
    public async Task A_second_writer_is_refused()
    {
        Show(await Ask("a", null, (1, 1)));

        var error = Assert.Throws<IOException>(() => PredictionLog.Open(Table, Options, Clock));
        Assert.Contains("being written by another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_threads_log_each_row_once()
    {
        const int Threads = 8, Each = 200;
        _ = Endpoint;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                Show(await Ask($"{t}-{i}", null, (t, i)));
        })));

        Assert.Equal(["(1600, 1600, 1, 1600)"], Query("SELECT count(*), count(DISTINCT prediction_id), min(sequence), max(sequence) "
            + "FROM predictions"));
        Assert.Equal(1600, Endpoint.Log.Rows);
    }

    [Fact]
    public async Task A_version_with_other_features_adds_columns_and_never_changes_one()
    {
        Show(await Ask("a", null, (1, 1)));
        Fold();
        var other = new ModelSignature(
            [new TensorSpec("temp", TensorType.Float32), new TensorSpec("hour", TensorType.Int64), new TensorSpec("city", TensorType.Bytes), new TensorSpec("wind", TensorType.Float64)],
            [new TensorSpec("prediction", TensorType.Float32)]);
        Endpoint.Switch(Version("2", 3, other));
        using (var request = Begin("b", null, (2, 2)))
        {
            request.AddInput("wind", "FP64", [1]).Double(7.5);
            Show(await request.AnswerAsync(Cancellation));
        }

        var expected = new[] { "(a, 1, NULL, 3.0)", "(b, 2, 7.5, 8.0)" };
        const string Select = "SELECT prediction_id, model_version, wind, prediction FROM predictions ORDER BY sequence";
        Assert.Equal(expected, Query(Select));
        Fold();
        Assert.Equal(expected, Query(Select));
        Assert.Equal(["temp", "hour", "city", "wind", "prediction"], Table.ColumnsOf("demand", "2")!.Select(c => c.Name));
    }

    [Fact]
    public void Names_that_are_taken_get_their_type_or_their_side()
    {
        var signature = new ModelSignature(
            [new TensorSpec("row", TensorType.Int64), new TensorSpec("price", TensorType.Float64), new TensorSpec("pixel", TensorType.UInt8, 2)],
            [new TensorSpec("price", TensorType.Float64)]);
        var standing = new Schema([.. PredictionColumns.Fixed, new Column("price", DataType.Long)]);

        Assert.Equal(
            ["row__bigint BIGINT", "price__double DOUBLE", "pixel_0 SMALLINT", "pixel_1 SMALLINT", "price__output DOUBLE"],
            PredictionColumns.Of(signature, standing).Select(c => c.ToString()));
        var extended = PredictionColumns.Extend(standing, signature);
        Assert.Equal(PredictionColumns.Of(signature, standing), PredictionColumns.Of(signature, extended));
    }

    [Fact]
    public async Task Every_tensor_type_comes_back_as_it_was()
    {
        var types = Enum.GetValues<TensorType>();
        var signature = new ModelSignature([.. types.Select(t => new TensorSpec("i" + t, t, 2))], [.. types.Select(t => new TensorSpec("o" + t, t, 2))]);
        Endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "all", "1", signature),
            (inputs, rows, outputs) =>
            {
                for (var i = 0; i < inputs.Count; i++)
                {
                    for (var row = 0; row < rows; row++)
                        outputs[i].AddRow(inputs[i], row);
                }
            },
            () => { }));
        async Task<string> Once()
        {
            using var request = Endpoint.Begin();
            request.SetId("x");
            foreach (var type in types)
            {
                var writer = request.AddInput("i" + type, type.Word(), [1, 2]);
                for (var i = 0; i < 2; i++)
                {
                    if (type == TensorType.Bool)
                        writer.Boolean(i == 1);
                    else if (type == TensorType.Bytes)
                        writer.Text("é"u8);
                    else if (type == TensorType.UInt64)
                        writer.Unsigned(ulong.MaxValue);
                    else
                        writer.Integer(i + 100);
                }
            }

            using var answer = await request.AnswerAsync(Cancellation);
            var bytes = answer.Outputs.SelectMany(o =>
            {
                var into = new byte[o.ByteCount];
                o.WriteTo(into);
                return into;
            });
            return answer.LoggedBefore + ":" + Convert.ToHexString([.. bytes]);
        }

        var first = await Once();
        var fromSegment = await Once();
        var before = Query("SELECT * EXCLUDE (received_at) FROM predictions");
        Fold();
        var fromTable = await Once();
        Restart();

        Assert.StartsWith("0:", first, StringComparison.Ordinal);
        Assert.Equal("1" + first[1..], fromSegment);
        Assert.Equal("1" + first[1..], fromTable);
        Assert.Equal(before, Query("SELECT * EXCLUDE (received_at) FROM predictions"));
    }
}
