using System.Globalization;
using System.Text;
using Millrace.Plans;
using Millrace.Project;

namespace Millrace.Bench;

/// <summary>Planning a large project when nothing changed, read from its folder each time.</summary>
internal static class PlanBench
{
    private const int Layers = 10;

    public static void NoOp(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var assets = options.Assets ?? 1000;
        var project = Generate(folder.File("project"), assets);
        var cold = Usage.Of(() =>
        {
            using var engine = project.Open();
            engine.Plan(new RunRequest());
        });
        var run = Usage.Of(() =>
        {
            using var engine = project.Open();
            BenchProject.Run(engine);
        });
        var (opens, plans) = (new List<Usage>(), new List<Usage>());
        for (var i = -3; i < options.Pairs; i++)
        {
            Engine? engine = null;
            Plan? plan = null;
            var open = Usage.Of(() => engine = project.Open());
            using (engine!)
            {
                var planning = Usage.Of(() => plan = engine!.Plan(new RunRequest()));
                if (!plan!.IsEmpty)
                    throw new InvalidOperationException("The plan of an unchanged project is not empty.");
                if (i >= 0)
                    (opens, plans) = ([.. opens, open], [.. plans, planning]);
            }
        }

        Table.Heading(string.Create(CultureInfo.InvariantCulture, $"no-op-plan: {assets} SQL assets in {Layers} layers, opened from the folder and planned"), options.Pairs);
        Table.Row("open, wall s", opens.Select(u => u.WallSeconds));
        Table.Row("plan, wall s", plans.Select(u => u.WallSeconds));
        Table.Row("open and plan, CPU s", opens.Zip(plans, (o, p) => o.CpuSeconds + p.CpuSeconds), 0.3);
        Table.Row("open and plan, wall s", opens.Zip(plans, (o, p) => o.WallSeconds + p.WallSeconds), 0.3);
        Table.Row("without cache, first in process, wall s", [cold.WallSeconds]);
        Table.Row("the run that computes all, wall s", [run.WallSeconds]);
        Table.Row("the run that computes all, CPU s", [run.CpuSeconds]);
    }

    /// <summary>Every asset reads one or two of the layer above: joins, expressions, GROUP BY, a common table expression, checks.</summary>
    private static BenchProject Generate(string folder, int assets)
    {
        var project = new BenchProject(folder);
        var width = assets / Layers;
        for (var i = 0; i < assets; i++)
        {
            var (layer, at) = (i / width, i % width);
            var sql = new StringBuilder($"/*---\ndescription: Asset {i} of the bench\nowner: team-{i % 7}\nchecks:\n  - not_null: [id]\n---*/\n");
            if (layer == 0)
            {
                sql.Append(CultureInfo.InvariantCulture, $"""
                    SELECT i AS id, i % 7 AS grp, i * {i + 1} AS amount, DATE '2024-01-01' + (i % 30)::INTEGER AS day, 'name ' || i AS label
                    FROM range(20) AS r(i)
                    """);
            }
            else if (i % 2 == 0)
            {
                sql.Append(CultureInfo.InvariantCulture, $"""
                    SELECT id, grp, (amount * {i} + coalesce(amount, 0)) % 1000003 AS amount, day, CASE WHEN grp > 3 THEN upper(label) ELSE lower(label) END AS label
                    FROM {Name(layer - 1, at)}
                    WHERE amount IS NOT NULL AND day >= DATE '2024-01-01'
                    """);
            }
            else
            {
                sql.Append(CultureInfo.InvariantCulture, $"""
                    WITH totals AS (
                        SELECT grp, sum(amount)::DECIMAL(38, 0) AS amount, max(day) AS day, count(*) AS n
                        FROM {Name(layer - 1, at)}
                        GROUP BY grp
                        HAVING count(*) > 0
                    )
                    SELECT b.id, t.grp, round(t.amount / t.n, 2) AS amount, greatest(t.day, b.day) AS day, b.label
                    FROM totals AS t
                    JOIN {Name(layer - 1, (at + 1) % width)} AS b ON b.grp = t.grp AND b.id < 20
                    """);
            }

            project.Write($"tables/{Name(layer, at)}.sql", sql.Append('\n').ToString());
        }

        return project;
    }

    private static string Name(int layer, int at) => string.Create(CultureInfo.InvariantCulture, $"l{layer}_a{at}");
}
