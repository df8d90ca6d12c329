using Millrace.Cli.Output;

namespace Millrace.Tests.Cli;

public sealed class TextTableTests
{
    [Fact]
    public void Columns_line_up_and_numbers_stand_on_the_right()
    {
        var table = new TextTable("asset", new Heading("rows", true), "note");
        table.Add("rides", "8,645", "as declared");
        table.Add("hourly_features", "12", "");

        Assert.Equal(
            Written.Page("""
                asset             rows  note
                rides            8,645  as declared
                hourly_features     12
                """),
            Written.By(to => table.Write(to, Paint.None)));
    }

    [Fact]
    public void On_a_narrow_terminal_the_last_column_goes_on_below_itself()
    {
        var table = new TextTable("asset", "why");
        table.Add("hourly", "it stands on rides, which was blocked by a check of the rows that came in");

        Assert.Equal(
            Written.Page("""
                asset   why
                hourly  it stands on rides, which was
                        blocked by a check of the rows
                        that came in
                """),
            Written.By(to => table.Write(to, Paint.None, width: 40)));
    }

    [Fact]
    public void Wide_and_combining_characters_keep_their_columns()
    {
        var table = new TextTable("city", "country");
        table.Add("東京", "Japan");
        table.Add("Ko\u0308ln", "Germany");

        Assert.Equal("city  country\n東京  Japan\nKo\u0308ln  Germany\n", Written.By(to => table.Write(to, Paint.None)));
    }

    [Fact]
    public void What_would_steer_a_terminal_is_shown_as_text()
    {
        var table = new TextTable("note");
        table.Add("red\e[31m\nline\ttab");

        Assert.Equal("note\nred\\u001b[31m\\nline\\ttab\n", Written.By(to => table.Write(to, Paint.None)));
    }

    [Fact]
    public void Colour_does_not_move_columns()
    {
        var table = new TextTable("state", "asset");
        table.Add(new Cell("good", Tone.Good), "rides");

        Assert.Equal("\e[1mstate\e[0m  \e[1masset\e[0m\n\e[32mgood\e[0m   rides\n", Written.By(to => table.Write(to, new Paint(true))));
    }
}
