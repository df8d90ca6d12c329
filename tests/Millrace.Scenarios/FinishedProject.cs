namespace Millrace.Scenarios;

/// <summary>The sample after its first run, made once for all tests that begin there.</summary>
public sealed class FinishedProject : IDisposable
{
    private static readonly Lazy<Workshop> Made = new(() =>
    {
        var workshop = Workshop.OfSample();
        workshop.Run();
        return workshop;
    });

    internal static string Folder => Made.Value.Project;

    public void Dispose()
    {
        if (Made.IsValueCreated)
            Made.Value.Dispose();
    }
}
