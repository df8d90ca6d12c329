using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class AssetKeyTests
{
    [Theory]
    [InlineData("hourly")]
    [InlineData("sales.orders_2")]
    [InlineData("_staging._x")]
    public void A_name_of_one_or_two_segments_is_a_key(string name)
    {
        var key = AssetKey.Parse(AssetKind.Table, name);
        Assert.Equal(new AssetKey(AssetKind.Table, name), key);
        Assert.Equal(key, AssetKey.Parse(key.ToString()));
    }

    [Theory]
    [InlineData("", "has the segment ''")]
    [InlineData("a.b.c", "has 3 segments")]
    [InlineData("a.", "has the segment ''")]
    [InlineData("Orders", "has the segment 'Orders'")]
    [InlineData("sales.2020", "has the segment '2020'")]
    [InlineData("a-b", "has the segment 'a-b'")]
    [InlineData("größe", "has the segment 'größe'")]
    [InlineData("main.orders", "in the schema 'main'")]
    public void Other_names_are_refused_with_the_segment_that_is_wrong(string name, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => AssetKey.Parse(AssetKind.Table, name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("hourly")]
    [InlineData("tabel hourly")]
    [InlineData("")]
    public void A_text_that_is_no_key_says_what_a_key_is(string text) => Assert.Throws<FormatException>(() => AssetKey.Parse(text));

    [Fact]
    public void Keys_are_ordered_by_name_and_then_by_kind() =>
        Assert.Equal(
            ["source a", "table a", "endpoint a", "source b"],
            new[] { "source b", "endpoint a", "table a", "source a" }.Select(AssetKey.Parse).Order().Select(k => k.ToString()));

    [Fact]
    public void Every_kind_has_a_word_and_only_three_can_be_named_in_sql()
    {
        Assert.All(Enum.GetValues<AssetKind>(), k => Assert.Equal(k, AssetKinds.Parse(k.Word())));
        Assert.Equal([AssetKind.Source, AssetKind.Table, AssetKind.Features], Enum.GetValues<AssetKind>().Where(k => k.IsRelation()));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((AssetKind)9).Word());
    }
}
