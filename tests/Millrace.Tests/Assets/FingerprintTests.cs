using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class FingerprintTests
{
    [Fact]
    public void It_is_the_start_of_the_SHA_256_of_lengths_and_texts()
    {
        // printf '\x01\x00\x00\x00a' | sha256sum
        Assert.Equal("f9f2eff042fb3ba78744d4688e6cd19f", Fingerprint.Of("a").Text);
        Assert.Equal("f9f2eff0", Fingerprint.Of("a").Short);
    }

    [Fact]
    public void Borders_order_and_absence_count()
    {
        Fingerprint[] all = [Fingerprint.Of("ab", "c"), Fingerprint.Of("a", "bc"), Fingerprint.Of("c", "ab"), Fingerprint.Of("abc"), Fingerprint.Of("abc", ""), Fingerprint.Of("abc", null), Fingerprint.Of()];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(Fingerprint.Of("ä", null), Fingerprint.Of("ä", null));
    }

    [Fact]
    public void A_set_has_no_order_and_no_repetition()
    {
        Assert.Equal(Fingerprint.OfSet(["a", "b", "c"]), Fingerprint.OfSet(["c", "a", "b", "a"]));
        Assert.NotEqual(Fingerprint.OfSet(["a", "b"]), Fingerprint.OfSet(["ab"]));
    }
}
