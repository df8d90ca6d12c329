using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class GraphTests
{
    [Fact]
    public void Parents_come_before_children_and_the_smallest_of_those_that_can_come_next_is_first()
    {
        var graph = Graph("z:", "a:z", "b:", "c:a b", "d:");
        Assert.Equal("b d z a c", Words(graph.Order));
    }

    [Fact]
    public void The_order_does_not_depend_on_the_order_of_the_input()
    {
        var random = new Random(7);
        string[] lines = ["a:", "b:a", "c:a", "d:b c", "e:d a", "f:", "g:f e", "h:b"];
        var expected = Words(Graph(lines).Order);
        for (var round = 0; round < 20; round++)
        {
            random.Shuffle(lines);
            Assert.Equal(expected, Words(Graph(lines).Order));
        }
    }

    [Fact]
    public void Parents_that_are_no_assets_of_the_graph_are_left_out_and_repeated_ones_count_once()
    {
        var graph = Graph("a:", "b:a x a");
        Assert.Equal("a", Words(graph.Parents(Key("b"))));
        Assert.Equal("b", Words(graph.Children(Key("a"))));
    }

    [Fact]
    public void What_an_asset_stands_on_and_what_stands_on_it_is_found_up_to_a_depth()
    {
        var graph = Graph("a:", "b:a", "c:b", "d:b c", "e:");
        Assert.Equal("a b c", Words(graph.Ancestors(Key("d")).Order()));
        Assert.Equal("b c", Words(graph.Ancestors(Key("d"), 1).Order()));
        Assert.Equal("b c d", Words(graph.Descendants(Key("a")).Order()));
        Assert.Equal("b", Words(graph.Descendants(Key("a"), 1)));
        Assert.Empty(graph.Ancestors(Key("d"), 0));
        Assert.Empty(graph.Descendants(Key("e")));
    }

    [Theory]
    [InlineData("a a", "a:a")]
    [InlineData("b c b", "a:", "b:a c", "c:b", "d:c")]
    [InlineData("c d b c", "a:c", "b:d", "c:b", "d:c", "e:a")]
    public void A_cycle_is_named_in_the_direction_in_which_rows_move(string expected, params string[] lines)
    {
        Assert.False(Millrace.Assets.Graph.TryCreate(Parents(lines), out _, out var cycle));
        Assert.Equal(expected.Split(' ').Order(), Words(cycle).Split(' ').Order());
        Assert.Equal(cycle[0], cycle[^1]);
        Assert.All(cycle.Zip(cycle.Skip(1)), step => Assert.Contains(step.First, Parents(lines)[step.Second]));
    }

    [Fact]
    public void A_graph_without_assets_has_an_empty_order() => Assert.Empty(Graph().Order);

    private static Graph Graph(params string[] lines)
    {
        Assert.True(Millrace.Assets.Graph.TryCreate(Parents(lines), out var graph, out var cycle));
        Assert.Empty(cycle);
        return graph;
    }

    private static Dictionary<AssetKey, IReadOnlyList<AssetKey>> Parents(string[] lines) => lines.Select(l => l.Split(':')).ToDictionary(
        l => Key(l[0]), l => (IReadOnlyList<AssetKey>)[.. l[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Key)]);

    private static AssetKey Key(string name) => AssetKey.Parse(AssetKind.Table, name);

    private static string Words(IEnumerable<AssetKey> keys) => string.Join(' ', keys.Select(k => k.Name));
}
