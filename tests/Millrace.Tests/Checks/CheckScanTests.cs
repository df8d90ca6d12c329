using System.Globalization;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Checks.Types;
using Millrace.Lake;
using Millrace.Tests.Lake;

namespace Millrace.Tests.Checks;

/// <summary>Every check type asked about real rows, at its edges.</summary>
public sealed class CheckScanTests : LakeTestBase
{
    [Theory]
    [InlineData("SELECT * FROM (VALUES (1), (NULL), (NULL)) t(x)", 2)]
    [InlineData("SELECT 1 AS x WHERE false", 0)]
    [InlineData("SELECT 'NaN'::DOUBLE AS x", 0)]
    [InlineData("SELECT '' AS x", 0)]
    public void Not_null_counts_rows_without_a_value(string rows, int broken) => Assert.Equal(broken, Broken(rows, NotNull("x")));

    [Theory]
    [InlineData("SELECT * FROM (VALUES (0), (1), (10), (11), (NULL)) t(x)", "1", "10", 2)]
    [InlineData("SELECT * FROM (VALUES (0), (1)) t(x)", null, "0", 1)]
    [InlineData("SELECT * FROM (VALUES (0), (1)) t(x)", "1", null, 1)]
    [InlineData("SELECT 'NaN'::DOUBLE AS x", null, "10", 1)]
    [InlineData("SELECT 'NaN'::DOUBLE AS x", "0", null, 0)]
    [InlineData("SELECT '-infinity'::DOUBLE AS x", "0", null, 1)]
    [InlineData("SELECT * FROM (VALUES (0.1::DOUBLE), (0.2)) t(x)", "0.1", "0.2", 0)]
    [InlineData("SELECT * FROM (VALUES (DATE '2020-01-31'), ('2020-02-01'), ('2020-02-02')) t(x)", "2020-02-01", "2020-02-01", 2)]
    [InlineData("SELECT * FROM (VALUES (TIMESTAMP '2020-02-01 00:00'), ('2020-02-01 00:01')) t(x)", null, "2020-02-01", 1)]
    [InlineData("SELECT * FROM (VALUES ('a'), ('b'), ('c')) t(x)", "b", "b", 2)]
    [InlineData("SELECT * FROM (VALUES (12345678901234567890::HUGEINT)) t(x)", null, "12345678901234567889", 1)]
    [InlineData("SELECT * FROM (VALUES (0.05::DECIMAL(4,2))) t(x)", "0.051", null, 1)]
    [InlineData("SELECT 1 AS x WHERE false", "5", "6", 0)]
    public void Between_counts_rows_outside_of_its_bounds(string rows, string? min, string? max, int broken) => Assert.Equal(broken, Broken(rows, Between("x", min, max)));

    [Theory]
    [InlineData("SELECT * FROM (VALUES (1), (2), (3), (NULL)) t(x)", "1,2", 1)]
    [InlineData("SELECT * FROM (VALUES ('1'), ('01'), (NULL)) t(x)", "1", 1)]
    [InlineData("SELECT * FROM (VALUES ('it''s'), ('its')) t(x)", "it's", 1)]
    [InlineData("SELECT * FROM (VALUES (true), (false)) t(x)", "true", 1)]
    [InlineData("SELECT * FROM (VALUES (0.1::DOUBLE), (0.2)) t(x)", "0.1", 1)]
    [InlineData("SELECT * FROM (VALUES (DATE '2020-01-01'), ('2020-01-02')) t(x)", "2020-01-01", 1)]
    [InlineData("SELECT 1 AS x WHERE false", "5", 0)]
    public void In_set_counts_rows_with_another_value(string rows, string values, int broken) =>
        Assert.Equal(broken, Broken(rows, new InSetCheck("in_set", CheckEffect.Block, "f", 1, "x", values.Split(','))));

    [Theory]
    [InlineData("x > 1", 1)]
    [InlineData("x > 0 OR x IS NULL", 0)]
    [InlineData("x IS NOT NULL", 1)]
    [InlineData("NULL", 0)]
    public void An_expression_counts_rows_that_make_it_false(string sql, int broken) =>
        Assert.Equal(broken, Broken("SELECT * FROM (VALUES (1), (2), (NULL)) t(x)", new ExpressionCheck("e", CheckEffect.Block, "f", 1, sql)));

    [Theory]
    [InlineData("SELECT * FROM (VALUES (1, 1), (1, 2), (2, 1)) t(x, y)", "x", 2)]
    [InlineData("SELECT * FROM (VALUES (1, 1), (1, 2), (2, 1)) t(x, y)", "x,y", 0)]
    [InlineData("SELECT * FROM (VALUES (NULL, 1), (NULL, 1)) t(x, y)", "x", 0)]
    [InlineData("SELECT * FROM (VALUES (NULL, 1), (NULL, 1), (3, 1), (3, 1), (3, NULL)) t(x, y)", "x,y", 2)]
    [InlineData("SELECT 1 AS x, 1 AS y WHERE false", "x", 0)]
    [InlineData("SELECT 'NaN'::DOUBLE AS x, 1 AS y FROM range(2)", "x", 2)]
    [InlineData("SELECT i AS x FROM range(300000) r(i)", "x", 0)]
    [InlineData("SELECT i AS x FROM range(300000) r(i) UNION ALL SELECT 7", "x", 2)]
    [InlineData("SELECT i // 2 AS x, i % 2 AS y FROM range(300000) r(i)", "x,y", 0)]
    [InlineData("SELECT i // 2 AS x, i % 2 AS y FROM range(300000) r(i) UNION ALL SELECT 149999, 1", "x,y", 2)]
    public void Unique_counts_every_copy(string rows, string key, int twice)
    {
        var check = new UniqueCheck("unique", CheckEffect.Block, "f", 1, key.Split(','));
        Assert.Equal(twice, new CheckScan(Connection).CountTwice(check, rows, rows));
    }

    [Fact]
    public void Unique_among_new_rows_looks_at_the_whole_table()
    {
        var check = new UniqueCheck("unique", CheckEffect.Block, "f", 1, ["x"]);
        const string Old = "SELECT 1 AS x UNION ALL SELECT 1 UNION ALL SELECT 2";
        const string New = "SELECT 2 AS x UNION ALL SELECT 3";
        Assert.Equal(1, new CheckScan(Connection).CountTwice(check, $"{Old} UNION ALL {New}", New));
    }

    [Fact]
    public void Names_with_quotes_are_asked_as_they_are()
    {
        const string Rows = "SELECT NULL::BIGINT AS \"a \"\"b\"\"\", 1 AS \"x'y\"";
        Assert.Equal(1, Broken(Rows, NotNull("a \"b\"")));
        Assert.Equal(1, Broken(Rows, Between("x'y", "2", null)));
    }

    [Fact]
    public void Many_checks_share_one_answer_in_their_order()
    {
        const string Rows = "SELECT * FROM (VALUES (1, NULL), (2, NULL), (3, 3)) t(x, y)";
        var checks = new RowCheck[] { NotNull("x"), NotNull("y"), Between("x", "2", null), Between("x", null, "1") };
        Assert.Equal([0, 2, 1, 2], new CheckScan(Connection).CountBroken(Rows, checks, _ => null));
    }

    [Fact]
    public void Asking_a_whole_table_gives_a_record_for_each_check()
    {
        var checks = new Check[] { NotNull("x"), new UniqueCheck("u", CheckEffect.Warn, "f", 1, ["x"]), new RowCountCheck("n", CheckEffect.Block, "f", 1, 1, 2) };
        var records = new CheckScan(Connection).Ask("SELECT * FROM (VALUES (1), (1), (NULL)) t(x)", checks);
        Assert.Equal([(false, 1L), (false, 2L), (false, 0L)], records.Select(r => (r.Passed, r.Failed)));
        Assert.Equal("3 rows", records[2].Note);
    }

    [Theory]
    [InlineData("bigint")]
    [InlineData("integer")]
    [InlineData("double")]
    [InlineData("float")]
    [InlineData("decimal(38,35)")]
    [InlineData("decimal(18,3)")]
    [InlineData("date")]
    [InlineData("varchar")]
    public void What_statistics_prove_the_scan_confirms(string type)
    {
        // The bounds come from the values themselves and their neighbours, where rounding would show.
        var random = new Random(11);
        string[] pool = type switch
        {
            "bigint" => ["9007199254740992", "9007199254740993", "9007199254740994", "-1", "0", "9223372036854775807"],
            "integer" => ["0", "1", "-5", "2147483647"],
            "double" or "float" => ["0.1", "0.2", "0.30000000000000004", "1e-7", "16777217", "-0.0", "1e30"],
            "decimal(38,35)" => ["0", "0.00000000000000000000000000000000001", "-0.00000000000000000000000000000000002", "1.5"],
            "decimal(18,3)" => ["0.001", "0.0015", "1.000", "-7.125"],
            "date" => ["2020-01-01", "2020-01-02"],
            _ => ["a", "b", "10", "9"],
        };
        var proved = 0;
        var scan = new CheckScan(Connection);
        for (var round = 0; round < 40; round++)
        {
            var values = Enumerable.Range(0, random.Next(0, 5)).Select(_ => random.Next(6) == 0 ? "NULL" : $"'{pool[random.Next(pool.Length)]}'").ToList();
            var rows = values.Count == 0 ? $"SELECT NULL::{type} AS x WHERE false" : $"SELECT x::{type} AS x FROM (VALUES {string.Join(", ", values.Select(v => $"({v})"))}) t(x)";
            var staged = Stage(rows, Columns($"x {type}"));
            RowCheck[] checks =
            [
                NotNull("x"),
                Between("x", random.Next(3) == 0 ? null : pool[random.Next(pool.Length)], pool[random.Next(pool.Length)]),
                Between("x", pool[random.Next(pool.Length)], null),
            ];
            foreach (var check in checks.Where(c => c.IsProvedBy(staged.Statistics)))
            {
                proved++;
                var broken = scan.CountBroken(staged.ToRelation().Sql, [check], _ => null)[0];
                Assert.True(broken == 0, string.Create(CultureInfo.InvariantCulture, $"'{check.Rule}' was proved of {rows}, and {broken} rows break it."));
            }
        }

        Assert.True(proved > 5);
    }

    private static NotNullCheck NotNull(string column) => new("not_null", CheckEffect.Block, "f", 1, column);

    private static BetweenCheck Between(string column, string? min, string? max) => new("between", CheckEffect.Block, "f", 1, column, min, max);

    private long Broken(string rows, RowCheck check) => new CheckScan(Connection).CountBroken(rows, [check], _ => null)[0];
}
