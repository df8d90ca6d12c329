using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Checks.Types;

namespace Millrace.Checks;

/// <summary>Reads the <c>checks:</c> list of an asset.</summary>
public static class CheckReader
{
    /// <summary>Every check type, in the order of the documentation. A new one is registered here.</summary>
    public static IReadOnlyList<ICheckType> Types { get; } =
        [new NotNull(), new Unique(), new Between(), new InSet(), new RowCount(), new Expression(), new NotDerivedFrom()];

    /// <summary>The shape of one item: one check's word with its argument, and beside it <c>on_fail</c> and <c>name</c>.</summary>
    public static Shape Item { get; } = new(
        "check",
        "One rule over the rows of the asset.",
        [
            .. Types.Select(t => t.Argument),
            new Key("on_fail", KeyKind.Word, "What a failure does: warn, block the commit, or quarantine the rows.") { Words = ["warn", "block", "quarantine"], Default = "block" },
            new Key("name", KeyKind.Text, "What the check is called in results.") { Example = "rides are plausible" },
        ]);

    /// <summary>Reads every item. What is wrong is reported with its place; the sound ones come back in order.</summary>
    public static IReadOnlyList<Check> Read(IReadOnlyList<DefinitionNode> nodes, ICollection<Problem> problems)
    {
        var checks = new List<Check>();
        foreach (var node in nodes)
        {
            var section = new Section(Item, node, problems);
            var named = Types.Where(t => section.Node(t.Name) is not null).ToList();
            if (!node.IsMap)
                continue;
            if (named.Count != 1)
            {
                if (named.Count > 1 || node.Entries.All(e => Item.Find(e.Key) is not null))
                    section.Report("one-check", $"An item of 'checks' names exactly one check; this one names {(named.Count == 0 ? "none" : string.Join(" and ", named.Select(t => t.Name)))}. Checks are: {string.Join(", ", Types.Select(t => t.Name))}.");
                continue;
            }

            var effect = section.Text("on_fail") switch { "warn" => CheckEffect.Warn, "quarantine" => CheckEffect.Quarantine, _ => CheckEffect.Block };
            foreach (var check in named[0].Read(new CheckArgument(section, named[0].Name, section.Text("name"), effect), problems))
            {
                if (checks.Any(c => c.Id == check.Id))
                    section.Report("check-twice", $"Two checks are called '{check.Id}'. Remove one, or give it a name of its own with 'name:'.");
                else
                    checks.Add(check);
            }
        }

        return checks;
    }

    /// <summary>Reports the columns that checks name and the table lacks.</summary>
    public static void Validate(AssetKey asset, IReadOnlyList<Check> checks, Schema schema, ICollection<Problem> problems)
    {
        foreach (var check in checks)
        {
            foreach (var column in check.Columns.Where(c => schema.Find(c) is null))
            {
                problems.Add(new Problem(
                    "unknown-column",
                    $"Check '{check.Id}' of {asset.Name} names the column '{column}'.{Suggestion.Sentence(column, schema.Names)} The columns are: {string.Join(", ", schema.Names)}.",
                    check.File,
                    check.Line));
            }
        }
    }
}
