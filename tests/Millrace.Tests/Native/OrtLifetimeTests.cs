using Millrace.Native;

namespace Millrace.Tests.Native;

[Collection(nameof(AloneInTheProcess))]
public sealed class OrtLifetimeTests
{
    private const long SlackBytes = 32L << 20;

    [Fact]
    public void Opening_and_closing_a_thousand_sessions_leaves_no_memory_behind()
    {
        var model = OrtSessionTests.Identity(OrtElementType.String);
        long early = 0;
        for (var i = 0; i < 1_000; i++)
        {
            using var session = OrtSession.Open(model);
            using var input = OrtTensor.OfTexts(["a text that is not inline"], 1);
            using var output = session.Run(input)[0];
            Assert.Throws<OrtException>(() => OrtSession.Open("no model"u8));
            if (i == 100)
                early = Environment.WorkingSet;
        }

        AssertNoGrowth(early);
    }

    [Fact]
    public void A_hundred_thousand_tensors_and_runs_leave_no_memory_behind()
    {
        using var session = OrtSession.Open(OrtSessionTests.Identity(OrtElementType.Float));
        var values = new float[1_000];
        long early = 0;
        for (var i = 0; i < 100_000; i++)
        {
            using var input = OrtTensor.Over(values.AsMemory(0, 1 + (i % 1_000)), 1 + (i % 1_000));
            using var output = session.Run(input)[0];
            if (i == 10_000)
                early = Environment.WorkingSet;
        }

        AssertNoGrowth(early);
    }

    [Fact]
    public void What_nobody_disposed_is_released_by_the_collector()
    {
        var model = OrtSessionTests.Identity(OrtElementType.Float);
        long early = 0;
        for (var i = 0; i < 500; i++)
        {
            Leave(model);
            if (i % 50 == 49)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                early = early == 0 ? Environment.WorkingSet : early;
            }
        }

        AssertNoGrowth(early);

        static void Leave(byte[] model) => OrtSession.Open(model).Run(OrtTensor.Over(new float[10_000].AsMemory(), 10_000));
    }

    private static void AssertNoGrowth(long early)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var growth = Environment.WorkingSet - early;
        Assert.True(growth < SlackBytes, $"Memory grew by {growth >> 20} MB, from {early >> 20} MB; {SlackBytes >> 20} MB are allowed.");
    }
}
