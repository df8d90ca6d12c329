using System.Globalization;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const int MaxConflicts = 20;

    /// <summary>Makes a request from the newest version and commits it. Where another writer's commit came first and conflicts, what was
    /// staged is dropped, and the request is made anew from the version that stands then.</summary>
    /// <param name="verb">Makes the request; null is a table that does not exist yet. It is called again after each conflict, so it
    /// must stage anew each time.</param>
    /// <exception cref="LakeException">Twenty conflicts in a row, or what <see cref="Commit"/> and the verb throw.</exception>
    public CommitResult Write(Func<Snapshot?, CommitRequest> verb)
    {
        CommitConflictException? lost = null;
        for (var attempt = 0; attempt < MaxConflicts; attempt++)
        {
            var request = verb(Head());
            try
            {
                var result = Commit(request);
                if (result.Adopted)
                    Discard(request);
                return result;
            }
            catch (CommitConflictException e)
            {
                Discard(request);
                lost = e;
            }
            catch
            {
                Discard(request);
                throw;
            }
        }

        throw new LakeException(
            string.Create(CultureInfo.InvariantCulture,
                $"{lost!.Message} It was done again {MaxConflicts} times, and each time another writer ")
            + "was in between. Let fewer programs change the same rows at once.",
            lost);
    }
}
