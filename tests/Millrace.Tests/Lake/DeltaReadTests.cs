using System.Text.Json.Nodes;
using Millrace.Lake;
using Millrace.Lake.Delta;
using Millrace.Native;
using static Millrace.Tests.Lake.ForeignTable;

namespace Millrace.Tests.Lake;

/// <summary>Tables of other writers, put together by hand where none was published.</summary>
public sealed class DeltaReadTests : LakeTestBase
{
    private readonly ForeignTable _foreign;

    public DeltaReadTests() => _foreign = new ForeignTable(Path.Combine(Root, "foreign"), Connection);

    [Fact]
    public void Deleted_rows_stay_away_whatever_their_set_looks_like_and_whatever_the_filter_skips()
    {
        var sets = new Dictionary<string, long[]>
        {
            ["few"] = [0, 7, 299_999],
            ["sparse"] = [.. Enumerable.Range(0, 300).Select(i => i * 1000L)],
            ["dense"] = [.. Enumerable.Range(0, 300_000).Where(i => i % 3 == 1).Select(i => (long)i)],
            ["runs"] = [.. Enumerable.Range(60_000, 10_000).Concat(Enumerable.Range(200_000, 50_000)).Select(i => (long)i)],
            ["mixed"] = [.. Enumerable.Range(0, 65_536).Concat(Enumerable.Range(65_536, 65_536).Where(i => i % 2 == 0)).Append(299_998).Select(i => (long)i)],
            ["all"] = [.. Enumerable.Range(0, 300_000).Select(i => (long)i)],
        };
        var actions = new List<JsonObject> { Protocol("deletionVectors"), Metadata($"{Field("id", "long")},{Field("name", "string")}") };
        foreach (var (name, rows) in sets)
        {
            var add = _foreign.File($"{name}.parquet", $"SELECT range AS id, '{name}' AS name FROM range(300000)", options: ", ROW_GROUP_SIZE 20480");
            actions.Add(With(add, name is "few" ? Inline(rows) : _foreign.InFile(name is "runs" ? "a1" : "", rows)));
        }

        actions.Add(_foreign.File("whole.parquet", "SELECT range AS id, 'whole' AS name FROM range(300000)"));
        _foreign.Commit([.. actions]);

        var table = _foreign.Table.Latest()!;
        Assert.Equal((300_000L * 7) - sets.Values.Sum(s => s.Length), table.RowCount);
        var relation = table.ToRelation().Sql;
        foreach (var (name, gone) in sets.Append(KeyValuePair.Create("whole", System.Array.Empty<long>())))
        {
            foreach (var least in new[] { 0L, 123_456, 250_000 })
            {
                var left = gone.ToHashSet();
                var wanted = Enumerable.Range(0, 300_000).Select(i => (long)i).Where(i => i >= least && !left.Contains(i)).ToList();
                var row = Connection.Query($"SELECT count(*), coalesce(sum(id), 0)::BIGINT FROM ({relation}) WHERE name = '{name}' AND id >= {least}").Rows().Single();
                Assert.Equal((name, least, wanted.Count, wanted.Sum()), (name, least, (int)(long)row[0]!, (long)row[1]!));
            }
        }
    }

    [Fact]
    public void Rows_beyond_a_set_of_32_bits_can_be_deleted_where_the_file_has_them()
    {
        var add = _foreign.File("a.parquet", "SELECT 1 AS id");
        var vector = With(add, Inline(5_000_000_000, 5_000_000_001));
        _foreign.Commit(Protocol("deletionVectors"), Metadata(Field("id", "long")), vector);
        Assert.Contains("it deletes row 5000000001, and the file has 1 rows", Assert.Throws<LakeException>(() => _foreign.Table.Latest()!.ToRelation()).Message);

        // Without statistics nothing tells how many rows the file has.
        var bare = (JsonObject)vector.DeepClone();
        bare["add"]!.AsObject().Remove("stats");
        _foreign.Commit(Remove(vector));
        _foreign.Commit(bare);
        Assert.Equal(["{'id': 1}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void A_deletion_vector_that_is_damaged_missing_or_not_as_described_is_refused_by_the_file_it_is_of()
    {
        var add = _foreign.File("data.parquet", "SELECT range AS id FROM range(10)");
        var vector = _foreign.InFile("", 1, 2, 3);
        var faults = new List<(string Says, Action<JsonObject> Change)>
        {
            ("the log says 2", v => v["cardinality"] = 2),
            ("the log says 99", v => v["sizeInBytes"] = 99),
            ("unknown", v => v["storageType"] = "x"),
            ("Could not find file", v => v["pathOrInlineDv"] = "0123456789abcdefghij"),
            ("outside", v => (v["storageType"], v["pathOrInlineDv"]) = ("p", "file:///etc/passwd")),
            ("cut off", v => v["offset"] = 60),
        };
        _foreign.Commit(Protocol("deletionVectors"), Metadata(Field("id", "long")));
        foreach (var (says, change) in faults)
        {
            var wrong = (JsonObject)vector.DeepClone();
            change(wrong);
            var version = _foreign.Commit(With(add, wrong));
            var message = Assert.Throws<LakeException>(() => _foreign.Table.Read(version).ToRelation()).Message;
            Assert.Contains(says, message);
            _foreign.Commit(Remove(With(add, wrong)));
        }

        var good = _foreign.Commit(With(add, vector));
        Assert.Equal(7, Rows(_foreign.Table.Read(good)).Count);
        var file = Assert.Single(Directory.EnumerateFiles(_foreign.Folder, "*.bin"));
        var bytes = File.ReadAllBytes(file);
        bytes[^8] ^= 1;
        File.WriteAllBytes(file, bytes);
        var damaged = Assert.Throws<LakeException>(() => _foreign.Table.Read(good).ToRelation()).Message;
        Assert.Contains("checksum", damaged);
        Assert.Contains("data.parquet", damaged);
    }

    [Fact]
    public void Renamed_fields_are_found_at_every_depth()
    {
        var inner = $$"""{"type":"struct","fields":[{{Mapped("x", "long", "col-x", 5)}},{{Mapped("y y", "string", "col-y", 6)}}]}""";
        var fields = string.Join(
            ',',
            Mapped("id", "long", "col-id", 1),
            Mapped("s", inner, "col-s", 2),
            Mapped("l", $$"""{"type":"array","elementType":{{inner}},"containsNull":true}""", "col-l", 3),
            Mapped("m", $$"""{"type":"map","keyType":"string","valueType":{"type":"array","elementType":{{inner}},"containsNull":true},"valueContainsNull":true}""", "col-m", 4),
            Mapped("new", "double", "col-new", 7));
        var file = _foreign.File(
            "a.parquet",
            """
            SELECT 1 AS "col-id", {'col-x': 1::INTEGER, 'col-y': 'a', 'gone': 2} AS "col-s", [{'col-x': 2, 'col-y': 'b'}, NULL] AS "col-l",
                MAP {'k': [{'col-x': 3, 'col-y': 'c'}]} AS "col-m", 5 AS "new"
            UNION ALL SELECT 2, NULL, NULL, NULL, 5
            """);
        _foreign.Commit(Protocol(2, 5), Metadata(fields, null, ("delta.columnMapping.mode", "name")), file);
        Assert.Equal(
            [
                "{'id': 1, 's': {'x': 1, 'y y': a}, 'l': [{'x': 2, 'y y': b}, NULL], 'm': {k=[{'x': 3, 'y y': c}]}, 'new': NULL}",
                "{'id': 2, 's': NULL, 'l': NULL, 'm': NULL, 'new': NULL}",
            ],
            Rows(_foreign.Table.Latest()));
        Assert.Equal("STRUCT(\"x\" BIGINT, \"y y\" VARCHAR)", _foreign.Table.Latest()!.Schema.Find("s")!.Type.Sql);
    }

    [Fact]
    public void Numbered_columns_are_found_by_their_number_under_any_name_and_never_by_name_alone()
    {
        var fields = $"{Mapped("a", "long", "p-a", 1)},{Mapped("b", "long", "p-b", 2)},{Mapped("s", $$"""{"type":"struct","fields":[{{Mapped("c", "long", "p-c", 4)}}]}""", "p-s", 3)}";
        var numbered = _foreign.File("1.parquet", "SELECT 1 AS \"p-b\", 2 AS other, {'z': 3} AS s9", options: ", FIELD_IDS {'p-b': 1, 'other': 9, 's9': {__duckdb_field_id: 3, 'z': 4}}");
        var bare = _foreign.File("2.parquet", "SELECT 4 AS \"p-a\", 5 AS \"p-b\", {'p-c': 6} AS \"p-s\"");
        _foreign.Commit(Protocol("columnMapping"), Metadata(fields, null, ("delta.columnMapping.mode", "id")), numbered, bare);
        Assert.Equal(["{'a': 1, 'b': NULL, 's': {'c': 3}}", "{'a': 4, 'b': 5, 's': {'c': 6}}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void An_unknown_way_to_find_columns_is_refused()
    {
        _foreign.Commit(Protocol(2, 5), Metadata(Field("a", "long"), null, ("delta.columnMapping.mode", "guess")));
        Assert.Contains("columnMapping (mode guess)", Assert.Throws<LakeException>(() => _foreign.Table.Latest()).Message);
    }

    [Theory]
    [InlineData("boolean", "true", "true")]
    [InlineData("byte", "-128", "-128")]
    [InlineData("short", "300", "300")]
    [InlineData("integer", "70000", "70000")]
    [InlineData("long", "9223372036854775807", "9223372036854775807")]
    [InlineData("float", "1.5", "1.5")]
    [InlineData("double", "1.0E300", "1e+300")]
    [InlineData("double", "NaN", "nan")]
    [InlineData("double", "-Infinity", "-inf")]
    [InlineData("decimal(20,5)", "-12345678901234.56789", "-12345678901234.56789")]
    [InlineData("string", "a'b\\\"=% ü/?#\n", "a'b\\\"=% ü/?#\n")]
    [InlineData("string", "__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__")]
    [InlineData("binary", "\u0001ab", "\\x01ab")]
    [InlineData("date", "2020-02-29", "2020-02-29")]
    [InlineData("timestamp", "2020-02-29 12:34:56", "2020-02-29 12:34:56+00")]
    [InlineData("timestamp", "2020-02-29 12:34:56.123456", "2020-02-29 12:34:56.123456+00")]
    [InlineData("timestamp", "2020-02-29T12:34:56.123456Z", "2020-02-29 12:34:56.123456+00")]
    [InlineData("timestamp_ntz", "2020-02-29 12:34:56.5", "2020-02-29 12:34:56.5")]
    [InlineData("string", "", null)]
    [InlineData("long", null, null)]
    [InlineData("timestamp", "", null)]
    public void A_value_of_a_partition_comes_from_the_log(string type, string? text, string? value)
    {
        _foreign.Commit(
            Protocol("timestampNtz"), Metadata($"{Field("p", type)},{Field("a", "long")}", ["p"]),
            _foreign.File("p=wrong/1.parquet", "SELECT 1 AS a", new JsonObject { ["p"] = text }),
            _foreign.File("p=other/2.parquet", "SELECT 2 AS a", new JsonObject { ["p"] = null }));
        var rows = Connection.Query($"SELECT p::VARCHAR FROM ({_foreign.Table.Latest()!.ToRelation().Sql}) ORDER BY a").Rows().Select(r => r[0]);
        Assert.Equal([value, null], rows);
        Assert.Equal(value, Connection.Query($"SELECT p::VARCHAR FROM ({FileRelation.Of(_foreign.Folder, _foreign.Table.Latest()!.Stored, ["p"], [_foreign.Table.Latest()!.Files[0]]).Sql})").Scalar());
    }

    [Theory]
    [InlineData("integer", "1.5")]
    [InlineData("boolean", "yes")]
    [InlineData("timestamp", "yesterday")]
    [InlineData("date", "2020-02-30")]
    [InlineData("decimal(5,2)", "1,5")]
    public void A_value_that_is_none_of_the_partitions_type_is_refused(string type, string text)
    {
        _foreign.Commit(
            Protocol(1, 2), Metadata($"{Field("p", type)},{Field("a", "long")}", ["p"]),
            _foreign.File("1.parquet", "SELECT 1 AS a", new JsonObject { ["p"] = text }));
        Assert.Contains($"'{text}' of the partition column 'p'", Assert.Throws<LakeException>(() => _foreign.Table.Latest()!.ToRelation()).Message);
    }

    [Fact]
    public void Widened_types_are_read_wide_in_nested_types_too()
    {
        var nested = """{"type":"struct","fields":[{"name":"d","type":"decimal(20,4)","nullable":true,"metadata":{}},{"name":"t","type":"timestamp_ntz","nullable":true,"metadata":{}}]}""";
        _foreign.Commit(
            Protocol("typeWidening", "timestampNtz"),
            Metadata($"{Field("l", """{"type":"array","elementType":"long","containsNull":true}""")},{Field("s", nested)},{Field("m", """{"type":"map","keyType":"integer","valueType":"double","valueContainsNull":true}""")}"),
            _foreign.File("1.parquet", "SELECT [1::TINYINT] AS l, {'d': 1.25::DECIMAL(5,2), 't': DATE '2020-01-02'} AS s, MAP {1::TINYINT: 1.5::FLOAT} AS m"));
        Assert.Equal(["{'l': [1], 's': {'d': 1.2500, 't': '2020-01-02 00:00:00'}, 'm': {1=1.5}}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void Columns_with_the_names_of_the_engines_own_are_read()
    {
        var add = _foreign.File("1.parquet", "SELECT range + 100 AS file_row_number, range + 200 AS file_index, range + 300 AS filename FROM range(3)");
        _foreign.Commit(Protocol("deletionVectors"), Metadata($"{Field("file_row_number", "long")},{Field("file_index", "long")},{Field("filename", "long")}"), With(add, Inline(1)));
        Assert.Equal(["{'file_row_number': 100, 'file_index': 200, 'filename': 300}", "{'file_row_number': 102, 'file_index': 202, 'filename': 302}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void A_column_of_type_void_is_null_at_every_depth()
    {
        _foreign.Commit(
            Protocol(1, 2), Metadata($"{Field("v", "void")},{Field("s", $$"""{"type":"struct","fields":[{{Field("a", "long")}},{{Field("v", "void")}}]}""")}"),
            _foreign.File("1.parquet", "SELECT {'a': 1} AS s"));
        Assert.Equal(["{'v': NULL, 's': {'a': 1, 'v': NULL}}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void An_entry_that_says_two_things_of_one_file_is_refused()
    {
        var add = _foreign.File("1.parquet", "SELECT 1 AS a");
        var other = (JsonObject)add.DeepClone();
        other["add"]!["size"] = 999;
        _foreign.Commit(Protocol(1, 2), Metadata(Field("a", "long")), add, (JsonObject)add.DeepClone());
        Assert.Equal(["{'a': 1}"], Rows(_foreign.Table.Latest()));

        var faults = new[]
        {
            ("both adds and removes the file '1.parquet'", new[] { add, Remove(add) }),
            ("adds the file '1.parquet' twice", [add, other]),
            ("two metaData actions", [Metadata(Field("a", "long")), Metadata(Field("b", "long"))]),
            ("two protocol actions", [Protocol(1, 2), Protocol(2, 5)]),
        };
        foreach (var (says, actions) in faults)
        {
            var version = _foreign.Commit([.. actions.Select(a => (JsonObject)a.DeepClone())]);
            var message = Assert.Throws<LakeException>(() => _foreign.Table.Read(version)).Message;
            Assert.Contains(says, message);
            Assert.Contains(Entry(version), message);
            File.WriteAllText(Path.Combine(_foreign.Folder, "_delta_log", Entry(version)), "{\"commitInfo\":{}}");
        }
    }

    [Fact]
    public void A_file_that_stands_with_two_sets_of_deleted_rows_is_refused()
    {
        var add = _foreign.File("1.parquet", "SELECT range AS a FROM range(5)");
        _foreign.Commit(Protocol("deletionVectors"), Metadata(Field("a", "long")), With(add, Inline(1)));
        _foreign.Commit(With(add, Inline(1, 2)));
        Assert.Contains("holds the file '1.parquet' twice", Assert.Throws<LakeException>(() => _foreign.Table.Latest()).Message);
        _foreign.Commit(Remove(With(add, Inline(1))));
        Assert.Equal(["{'a': 0}", "{'a': 3}", "{'a': 4}"], Rows(_foreign.Table.Latest()));
    }

    [Fact]
    public void A_damaged_data_file_is_an_error_that_names_it_and_no_row()
    {
        _foreign.Commit(Protocol(1, 2), Metadata(Field("a", "long")), _foreign.File("whole.parquet", "SELECT range AS a FROM range(1000)"), _foreign.File("torn.parquet", "SELECT range AS a FROM range(1000)"));
        var path = Path.Combine(_foreign.Folder, "torn.parquet");
        var bytes = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 4, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            var error = Assert.Throws<DuckException>(() => Rows(_foreign.Table.Latest()));
            Assert.Contains("torn.parquet", error.Message);
        }

        File.Delete(path);
        Assert.Contains("torn.parquet", Assert.Throws<DuckException>(() => Rows(_foreign.Table.Latest())).Message);
    }

    [Fact]
    public void A_cut_entry_is_named_wherever_it_is_cut()
    {
        _foreign.Commit(Protocol(1, 2), Metadata(Field("a", "long")), _foreign.File("1.parquet", "SELECT 1 AS a"));
        var version = _foreign.Commit(_foreign.File("2.parquet", "SELECT 2 AS a"), _foreign.File("3.parquet", "SELECT 3 AS a"));
        var path = Path.Combine(_foreign.Folder, "_delta_log", Entry(version));
        var whole = File.ReadAllText(path).TrimEnd();
        var line = whole.IndexOf('\n', StringComparison.Ordinal);
        for (var length = 0; length < whole.Length; length++)
        {
            // Cut exactly between two lines, nothing tells that the second is missing.
            if (length == line || length == line + 1)
                continue;
            File.WriteAllText(path, whole[..length]);
            Assert.Contains(Entry(version), Assert.Throws<LakeException>(() => _foreign.Table.Latest()).Message);
        }
    }

    [Fact]
    public void Moments_are_those_in_the_commits_once_the_table_keeps_them_there()
    {
        static JsonObject Info(long timestamp, long? inCommit) => new()
        {
            ["commitInfo"] = inCommit is null ? new JsonObject { ["timestamp"] = timestamp } : new JsonObject { ["inCommitTimestamp"] = inCommit, ["timestamp"] = timestamp },
        };
        _foreign.Commit(Info(1000, null), Protocol(1, 2), Metadata(Field("a", "long")));
        _foreign.Commit(Info(9000, 2000), Metadata(Field("a", "long"), null, ("delta.enableInCommitTimestamps", "true")));
        _foreign.Commit(Info(500, 3000), _foreign.File("1.parquet", "SELECT 1 AS a"));
        Assert.Equal([1000, 2000, 3000], _foreign.Table.History().Select(h => h.Time.ToUnixTimeMilliseconds()));
        Assert.Equal(1, _foreign.Table.ReadAt(DateTimeOffset.FromUnixTimeMilliseconds(2999)).Version);
        Assert.Equal(2, _foreign.Table.ReadAt(DateTimeOffset.FromUnixTimeMilliseconds(3000)).Version);
        Assert.Contains("no version as old", Assert.Throws<LakeException>(() => _foreign.Table.ReadAt(DateTimeOffset.FromUnixTimeMilliseconds(999))).Message);
    }

    [Fact]
    public void Marking_rows_as_deleted_is_a_change_of_these_rows_alone()
    {
        var add = _foreign.File("1.parquet", "SELECT range AS a FROM range(5)");
        _foreign.Commit(Protocol("deletionVectors"), Metadata(Field("a", "long"), null, ("delta.enableChangeDataFeed", "true")), With(add, Inline(1)));
        _foreign.Commit(Remove(With(add, Inline(1))), With(add, Inline(1, 2)));
        _foreign.Commit(Remove(With(add, Inline(1, 2))), With(add, Inline(2)));
        var moved = _foreign.File("2.parquet", "SELECT range AS a FROM range(5) WHERE range <> 2");
        moved["add"]!["dataChange"] = false;
        var gone = Remove(With(add, Inline(2)));
        gone["remove"]!["dataChange"] = false;
        _foreign.Commit(gone, moved);
        var feed = Connection.Query($"SELECT _commit_version, _change_type, list(a ORDER BY a)::VARCHAR FROM ({_foreign.Table.Changes(0).Sql}) GROUP BY ALL ORDER BY 1").Rows();
        Assert.Equal([(0L, "insert", "[0, 2, 3, 4]"), (1L, "delete", "[2]"), (2L, "insert", "[1]")], feed.Select(r => ((long)r[0]!, (string)r[1]!, (string)r[2]!)));
        Assert.Equal(4, Rows(_foreign.Table.Latest()).Count);
    }
}
