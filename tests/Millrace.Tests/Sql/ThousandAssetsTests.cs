using System.Diagnostics;
using System.Globalization;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>A project of a thousand assets, each reading earlier ones. Times are printed, not judged.</summary>
public sealed class ThousandAssetsTests(ITestOutputHelper output)
{
    private const int Count = 1000;

    private static readonly Dictionary<string, string> Variables = new() { ["rate"] = "0.2" };

    [Fact]
    public void A_thousand_chained_assets_are_parsed_analysed_and_described()
    {
        var texts = Enumerable.Range(0, Count).Select(Text).ToArray();
        IReadOnlyList<ParseResult> parsed = [];
        var facts = new Dictionary<string, RelationFacts>();
        for (var round = 0; round < 4; round++)
        {
            var clock = Stopwatch.StartNew();
            parsed = Lineage.Parser.ParseMany(texts);
            var parsing = clock.Elapsed;
            facts = Analyze(parsed);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parse {parsing.TotalMilliseconds:0} ms, analyse {(clock.Elapsed - parsing).TotalMilliseconds:0} ms"));
        }

        Assert.All(parsed, p => Assert.True(p.IsQuery));

        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(Path.GetTempPath(), "millrace-tests-sql") });
        using var session = pool.Rent();
        session.DefineEmpty("raw.orders", Raw);
        var describing = Stopwatch.StartNew();
        var described = session.DescribeMany(texts.Select((t, i) => (Name(i), new SqlText(t).Bind(new Dictionary<string, string> { ["rate"] = "0.2", ["start"] = "TIMESTAMP '2026-01-01'" }))));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"describe {describing.ElapsedMilliseconds} ms"));

        Assert.All(described, d => Assert.True(d.IsDescribed, d.Error));
        Assert.Equal(described[^1].Schema!.Names, facts[Name(Count - 1)].Columns.Select(c => c.Name));
    }

    [Fact]
    public void A_change_travels_down_a_thousand_assets_only_where_it_is_read()
    {
        var parsed = Lineage.Parser.ParseMany([.. Enumerable.Range(0, Count).Select(Text)]);
        var before = Analyze(parsed);
        var after = Analyze(parsed, "region");

        // 'region' is passed on as 'area' and nothing is computed from it.
        for (var i = 0; i < Count; i++)
        {
            var (old, @new) = (before[Name(i)], after[Name(i)]);
            Assert.Equal(old.Rows, @new.Rows);
            Assert.Equal(["area"], @new.Columns.Where((c, at) => c.Fingerprint != old.Columns[at].Fingerprint).Select(c => c.Name));
        }
    }

    private static Schema Raw => new([.. RawFacts().Columns.Select(c => new Column(c.Name, c.Type))]);

    private static RelationFacts RawFacts() => Lineage.Facts(
        "raw.orders", "id BIGINT", "customer_id BIGINT", "amount DOUBLE", "status VARCHAR", "created_at TIMESTAMP", "area VARCHAR", "region VARCHAR");

    private static Dictionary<string, RelationFacts> Analyze(IReadOnlyList<ParseResult> parsed, string? changed = null)
    {
        var raw = RawFacts();
        var facts = new Dictionary<string, RelationFacts> { ["raw.orders"] = changed is null ? raw : raw.With(changed) };
        for (var i = 0; i < parsed.Count; i++)
        {
            var analysis = QueryAnalyzer.Analyze(parsed[i].Query!, facts, Variables);
            Assert.True(analysis.IsResolved);
            facts[Name(i)] = new RelationFacts(
                Name(i), analysis.Rows, [.. analysis.Columns.Select(c => new ColumnFacts(c.Name, TypeOf(c.Name), c.Fingerprint))]);
        }

        return facts;
    }

    private static DataType TypeOf(string column) => column switch
    {
        "id" or "customer_id" => DataType.Long,
        "amount" => DataType.Double,
        "created_at" => DataType.TimestampNtz,
        _ => DataType.String,
    };

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"layer{i % 10}.asset_{i}");

    private static string Text(int i)
    {
        var (one, two) = (i == 0 ? "raw.orders" : Name(i - 1), i < 2 ? "raw.orders" : Name(i / 2));
        var area = i < 2 ? "region" : "area";
        return $"""
            -- One asset as people write them.
            WITH src AS (
                SELECT * FROM {one}
            ),
            agg AS (
                SELECT customer_id, count(*) AS n, sum(amount) AS total, max(created_at) AS last
                FROM src
                WHERE status <> 'cancelled' AND created_at >= @start
                GROUP BY customer_id
            )
            SELECT
                o.id,
                o.customer_id,
                coalesce(a.total, 0) / nullif(a.n, 0) * (1 - @rate) AS amount,
                CASE WHEN a.total > 100 THEN 'big' WHEN a.n > {i} THEN 'often' ELSE 'small' END AS status,
                greatest(o.created_at, a.last) AS created_at,
                o.{area} AS area,
                row_number() OVER (PARTITION BY o.customer_id ORDER BY a.total DESC) AS rank
            FROM {two} o
            LEFT JOIN agg a ON a.customer_id = o.customer_id
            WHERE o.amount > 0
            """;
    }
}
