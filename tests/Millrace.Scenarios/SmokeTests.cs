namespace Millrace.Scenarios;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => Assert.True(true);
}
