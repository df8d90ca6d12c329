using System.Text;
using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class OrtSessionTests
{
    private static readonly byte[] Sum = new OnnxSketch()
        .Input("a", OrtElementType.Float, "N", 2).Input("b", OrtElementType.Float, 2).Output("sum", OrtElementType.Float, "N", 2)
        .Node("Add", ["a", "b"], ["sum"])
        .Property("signature", "{\"größe\":1}").Property("empty", "")
        .Bytes();

    [Fact]
    public void The_library_is_the_pinned_one() => Assert.Equal(OrtSession.PinnedVersion, OrtSession.Version);

    [Fact]
    public void A_session_tells_names_types_shapes_and_metadata()
    {
        using var session = OrtSession.Open(Sum);

        Assert.Equal(["a: Float [N, 2]", "b: Float [2]"], session.Inputs.Select(i => $"{i.Name}: {i.TypeText}"));
        Assert.Equal(["sum: Float [N, 2]"], session.Outputs.Select(o => $"{o.Name}: {o.TypeText}"));
        Assert.True(session.Inputs[0].Shape[0].IsFree);
        Assert.Equal(("millrace-tests", "sketch", 7L), (session.Metadata.Producer, session.Metadata.GraphName, session.Metadata.Version));
        Assert.Equal("{\"größe\":1}", session.Metadata.Properties["signature"]);
        Assert.Equal(["empty", "signature"], session.Metadata.Properties.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_run_reads_pinned_memory_and_writes_into_memory_of_the_caller()
    {
        using var session = OrtSession.Open(Sum);
        float[] given = [1, 2, 3, 4], taken = new float[4];
        using var a = OrtTensor.Over(given.AsMemory(), 2, 2);
        using var b = OrtTensor.Of<float>([10, 20], 2);
        using var sum = OrtTensor.Over(taken.AsMemory(), 2, 2);

        session.Run([a, b], [sum]);
        Assert.Equal([11, 22, 13, 24], taken);
        given[0] = 5;
        session.Run([a, b], [sum]);
        Assert.Equal([15, 22, 13, 24], taken);
        using var made = session.Run(a, b)[0];
        Assert.Equal(taken, made.Values<float>().ToArray());
        Assert.Equal([2, 2], made.Shape.ToArray());
        using var named = session.Run(new Dictionary<string, OrtTensor> { ["b"] = b, ["a"] = a })[0];
        Assert.Equal(taken, named.Values<float>().ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name_before_the_engine_is_asked()
    {
        using var session = OrtSession.Open(Sum);
        using var a = OrtTensor.Of<float>([1, 2], 1, 2);
        using var b = OrtTensor.Of<float>([1, 2], 2);
        using var three = OrtTensor.Of<float>([1, 2, 3], 1, 3);
        using var doubles = OrtTensor.Of<double>([1, 2], 1, 2);

        Assert.StartsWith("The input 'a' is Float [N, 2] and was given Float [1, 3].", Refusal(() => session.Run(three, b)));
        Assert.StartsWith("The input 'a' is Float [N, 2] and was given Double [1, 2].", Refusal(() => session.Run(doubles, b)));
        Assert.StartsWith("The input 'a' is Float [N, 2] and was given Float [2].", Refusal(() => session.Run(b, b)));
        Assert.StartsWith("The output 'sum' is Float [N, 2] and was given Float [1, 3].", Refusal(() => session.Run([a, b], [three])));
        Assert.StartsWith("The model has 2 inputs (a, b) and was given 1.", Refusal(() => session.Run(a)));
        Assert.StartsWith("The model has no input 'c'. Its inputs are: a, b.", Refusal(() => session.Run(new Dictionary<string, OrtTensor> { ["c"] = a })));
        Assert.StartsWith("The input 'b' is missing.", Refusal(() => session.Run(new Dictionary<string, OrtTensor> { ["a"] = a })));
    }

    [Fact]
    public void An_output_of_the_caller_with_too_few_rows_is_refused_by_the_engine()
    {
        using var session = OrtSession.Open(Sum);
        using var a = OrtTensor.Of<float>([1, 2, 3, 4], 2, 2);
        using var b = OrtTensor.Of<float>([1, 2], 2);
        using var one = OrtTensor.Create(OrtElementType.Float, 1, 2);

        Assert.Throws<OrtException>(() => session.Run([a, b], [one]));
    }

    [Theory]
    [InlineData("no model at all", OrtErrorCode.InvalidProtobuf)]
    [InlineData("", OrtErrorCode.InvalidArgument)]
    public void What_is_no_model_is_refused_with_the_engines_text(string text, OrtErrorCode code)
    {
        var error = Assert.Throws<OrtException>(() => OrtSession.Open(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Message);
    }

    [Fact]
    public void A_model_that_was_cut_short_anywhere_is_refused_or_opens_and_never_crashes()
    {
        var opened = 0;
        for (var length = 0; length < Sum.Length; length++)
        {
            try
            {
                OrtSession.Open(Sum.AsSpan(0, length)).Dispose();
                opened++;
            }
            catch (OrtException)
            {
            }
        }

        // Only what ends between two fields of the file is whole: before the properties or between them, but never before the graph.
        Assert.InRange(opened, 0, 2);
    }

    [Fact]
    public void A_graph_that_gives_a_sequence_is_told_and_refused_at_a_run()
    {
        using var session = OrtSession.Open(new OnnxSketch()
            .Input("x", OrtElementType.Float, "N").SequenceOutput("parts", OrtElementType.Float).Node("SequenceConstruct", ["x"], ["parts"]).Bytes());
        using var x = OrtTensor.Of<float>([1], 1);

        Assert.Equal(OrtValueKind.Sequence, session.Outputs[0].Kind);
        var error = Assert.Throws<NotSupportedException>(() => session.Run(x));
        Assert.Equal("The output 'parts' is of the kind Sequence. Only tensors can be given and read.", error.Message);
    }

    [Fact]
    public void Values_are_given_and_read_in_their_own_type_only()
    {
        using var floats = OrtTensor.Create(OrtElementType.Float, 1);
        using var texts = OrtTensor.OfTexts(["a"], 1);

        Assert.Throws<ArgumentException>(() => OrtTensor.Create(OrtElementType.Complex64, 1));
        Assert.Throws<NotSupportedException>(() => OrtTensor.Of<decimal>([1m], 1));
        Assert.Throws<InvalidOperationException>(() => floats.Values<double>());
        Assert.Throws<InvalidOperationException>(() => floats.Texts());
        Assert.Throws<InvalidOperationException>(() => texts.Bytes.Length);
    }

    [Fact]
    public void Every_type_of_number_goes_through()
    {
        Through<float>(OrtElementType.Float, [1.5f, float.NaN, float.NegativeInfinity]);
        Through<double>(OrtElementType.Double, [1.5, double.NaN, double.Epsilon]);
        Through<Half>(OrtElementType.Float16, [(Half)1.5, Half.NaN]);
        Through<bool>(OrtElementType.Bool, [true, false]);
        Through<sbyte>(OrtElementType.Int8, [sbyte.MinValue, 7]);
        Through<short>(OrtElementType.Int16, [short.MinValue, 7]);
        Through<int>(OrtElementType.Int32, [int.MinValue, 7]);
        Through<long>(OrtElementType.Int64, [long.MinValue, 7]);
        Through<byte>(OrtElementType.UInt8, [byte.MaxValue, 7]);
        Through<ushort>(OrtElementType.UInt16, [ushort.MaxValue, 7]);
        Through<uint>(OrtElementType.UInt32, [uint.MaxValue, 7]);
        Through<ulong>(OrtElementType.UInt64, [ulong.MaxValue, 7]);
        Through<float>(OrtElementType.Float, []);

        static void Through<T>(OrtElementType type, T[] values) where T : unmanaged
        {
            using var session = OrtSession.Open(Identity(type));
            using var input = OrtTensor.Over(values.AsMemory(), values.Length);
            using var output = session.Run(input)[0];
            Assert.Equal(type, output.ElementType);
            Assert.Equal(values, output.Values<T>().ToArray());
        }
    }

    [Fact]
    public void Texts_go_through_short_long_empty_and_beyond_ascii()
    {
        using var session = OrtSession.Open(Identity(OrtElementType.String));
        string[] texts = ["", "a", "größer 数据 🚲", new string('x', 100_000), "\n\t"];
        using var input = OrtTensor.OfTexts(texts, texts.Length);
        using var output = session.Run(input)[0];
        Assert.Equal(texts, output.Texts());

        string[] others = ["1", "2", "3", "4", "5"];
        input.SetTexts(others);
        using var second = session.Run(input)[0];
        Assert.Equal(others, second.Texts());
        Assert.Contains("NUL", Assert.Throws<ArgumentException>(() => input.SetTexts(["a\0b", "", "", "", ""])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => input.SetTexts(["too few"]));

        using var none = OrtTensor.OfTexts([], 0);
        using var empty = session.Run(none)[0];
        Assert.Empty(empty.Texts());
    }

    [Fact]
    public void A_shape_that_does_not_hold_the_values_is_refused()
    {
        Assert.Throws<ArgumentException>(() => OrtTensor.Of<float>([1, 2], 3));
        Assert.Throws<ArgumentException>(() => OrtTensor.Of<float>([1, 2], -2));
        Assert.Throws<ArgumentException>(() => OrtTensor.Create(OrtElementType.Float, 1L << 40, 1L << 40, 1L << 40));
        using var scalar = OrtTensor.Of<long>([42]);
        Assert.Equal((1, 0), (scalar.Length, scalar.Shape.Length));
    }

    [Fact]
    public void Many_threads_run_one_session_at_once()
    {
        using var session = OrtSession.Open(Sum);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            float[] taken = new float[2];
            using var a = OrtTensor.Of<float>([thread, -thread], 1, 2);
            using var b = OrtTensor.Of<float>([1, 2], 2);
            using var sum = OrtTensor.Over(taken.AsMemory(), 1, 2);
            for (var i = 0; i < 2_000; i++)
            {
                Array.Clear(taken);
                session.Run([a, b], [sum]);
                if (taken[0] != thread + 1 || taken[1] != 2 - thread)
                    Assert.Fail($"Thread {thread} got {taken[0]} and {taken[1]}.");
            }
        });
    }

    [Fact]
    public void What_is_disposed_cannot_be_used_and_may_be_disposed_again()
    {
        var session = OrtSession.Open(Sum);
        var a = OrtTensor.Of<float>([1, 2], 1, 2);
        using var b = OrtTensor.Of<float>([1, 2], 2);
        a.Dispose();
        a.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(a, b));
        Assert.Throws<ObjectDisposedException>(() => a.Values<float>());
        Assert.Throws<ObjectDisposedException>(() => a.Bytes.Length);

        using var other = OrtTensor.Of<float>([1, 2], 1, 2);
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(other, b));
    }

    internal static byte[] Identity(OrtElementType type) => new OnnxSketch()
        .Input("x", type, "N").Output("y", type, "N").Node("Identity", ["x"], ["y"]).Bytes();

    private static string Refusal(Action run) => Assert.ThrowsAny<ArgumentException>(run).Message;
}
