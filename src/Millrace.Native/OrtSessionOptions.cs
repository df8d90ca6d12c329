namespace Millrace.Native;

/// <summary>How a session computes. The defaults suit many small models that many threads run at once.</summary>
public sealed record OrtSessionOptions
{
    public static readonly OrtSessionOptions Default = new();

    /// <summary>Threads for one operator, the caller's included; 1 starts none, and makes sums independent of the machine.</summary>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>Threads for operators that do not wait for each other; used by the engine's parallel mode only, which is off.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>Whether the session keeps the memory of its largest run for the next one. Off: memory comes and goes with each run.</summary>
    public bool KeepsMemory { get; init; } = true;

    /// <summary>Whether the engine remembers a memory plan for every shape it meets. Off where shapes vary without end, as batches do.</summary>
    public bool PlansMemoryByShape { get; init; } = true;
}
