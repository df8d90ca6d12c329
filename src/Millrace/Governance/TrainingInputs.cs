using Millrace.Assets;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Sql;

namespace Millrace.Governance;

/// <summary>Makes the table versions and views of a training readable under their names.</summary>
internal static class TrainingInputs
{
    public static void Define(SqlSession session, Home home, IEnumerable<VersionRecord> inputs, IReadOnlyList<NamedSql> views)
    {
        foreach (var input in inputs)
            session.Define(input.Id.Asset.Name, new LakeTable(home.TableFolder(input.Id.Build)).Read(input.Id.Number, input.EntryHash).ToRelation());
        foreach (var view in views)
            session.Define(view.Name, new Relation(view.Sql, new Schema([])));
    }
}
