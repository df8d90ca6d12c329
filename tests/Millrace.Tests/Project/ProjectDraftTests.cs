using System.Globalization;
using System.IO.Compression;
using System.Text;
using Millrace.Assets;
using Millrace.Project;
using Millrace.Sources;

namespace Millrace.Tests.Project;

public sealed class ProjectDraftTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("millrace-draft-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Theory]
    [InlineData("1|-2|30", "BIGINT")]
    [InlineData("1|99999999999999999999|3", "DECIMAL(38,0)")]
    [InlineData("1|2.5|3e2", "DOUBLE")]
    [InlineData("007|008|123", "VARCHAR")]
    [InlineData("+491|+492|+493", "VARCHAR")]
    [InlineData("true|FALSE|True", "BOOLEAN")]
    [InlineData("yes|no|yes", "VARCHAR")]
    [InlineData("2024-01-31|2024-02-29|2024-3-1", "DATE")]
    [InlineData("2024-01-31|2024-02-30|2024-03-01", "VARCHAR")]
    [InlineData("2024-01-31 10:00|2024-02-29T11:30:01|2024-03-01", "TIMESTAMP")]
    [InlineData("2024-01-31T10:00:00Z|2024-01-31T10:00:00+02:00|2024-01-31 10:00:00Z", "TIMESTAMP WITH TIME ZONE")]
    [InlineData("2024-01-31T10:00:00Z|2024-01-31T10:00:00|2024-01-31T10:00:00Z", "VARCHAR")]
    [InlineData("31.01.2024|01.02.2024|29.02.2024", "DATE %d.%m.%Y")]
    [InlineData("01/31/2024|02/01/2024|02/29/2024", "DATE %m/%d/%Y")]
    [InlineData("03/04/2024|05/06/2024|07/08/2024", "VARCHAR")]
    [InlineData("31.01.2024 08:15|01.02.2024 09:00|29.02.2024 23:59", "TIMESTAMP %d.%m.%Y %H:%M")]
    [InlineData("1|2|x", "VARCHAR")]
    public void A_type_holds_for_every_value(string values, string type)
    {
        var column = Draft(Csv("rows", "id,value", values.Split('|').Select((v, i) => $"{i},{v}"))).Source.Columns[1];
        Assert.Equal(type, column.Format is null ? column.Type.Sql : $"{column.Type.Sql} {column.Format}");
        Assert.True(column.IsRequired);
    }

    [Fact]
    public void A_value_far_down_the_file_counts_as_the_first_one_does()
    {
        var values = Enumerable.Range(1, 50_000).Select(i => i == 49_999 ? $"{i},{i}.5" : $"{i},{i}");
        Assert.Equal(DataType.Double, Draft(Csv("rows", "id,value", values)).Source.Columns[1].Type);
    }

    [Fact]
    public void A_few_odd_values_keep_the_type_and_their_rows_are_named()
    {
        var rows = Enumerable.Range(1, 500).Select(i => i is 100 or 200 ? $"{i},," : i == 300 ? $"{i},12 EUR,x" : $"{i},{i}.25,x");
        var (report, source) = Draft(Csv("rows", "id,value,note", rows));
        Assert.Equal((DataType.Double, false), (source.Columns[1].Type, source.Columns[1].IsRequired));
        Assert.Contains(report.Notes, n => n.StartsWith("rows: 1 row of 500 will be quarantined", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.Contains("'12 EUR' (1)", StringComparison.Ordinal));
        Assert.Equal((500, 499, 1), DraftRun.Run(Project)["rows"]);
    }

    [Fact]
    public void One_text_for_no_value_becomes_the_null_text_where_nothing_else_is_empty()
    {
        var (report, source) = Draft(Csv("rows", "id,value", Enumerable.Range(1, 20).Select(i => i % 3 == 0 ? $"{i},NA" : $"{i},{i}")));
        Assert.Equal("NA", source.Csv.NullText);
        Assert.Equal((DataType.Long, false), (source.Columns[1].Type, source.Columns[1].IsRequired));
        Assert.Contains("rows: column value: 6 values 'NA', read as none.", report.Notes);
        Assert.Equal((20, 20, 0), DraftRun.Run(Project)["rows"]);
    }

    [Fact]
    public void Beside_empty_values_such_a_text_keeps_the_column_text()
    {
        var (report, source) = Draft(Csv("rows", "id,value,other", Enumerable.Range(1, 20).Select(i => i % 3 == 0 ? $"{i},NA," : $"{i},{i},x")));
        Assert.Equal(("", DataType.String), (source.Csv.NullText, source.Columns[1].Type));
        Assert.Contains(report.Notes, n => n.Contains("column value: text, because 6 values such as 'NA' (6) would be no bigint", StringComparison.Ordinal));
    }

    [Fact]
    public void Delimiter_and_decimal_comma_are_found()
    {
        var (_, source) = Draft(Csv("rows", "day;price", Enumerable.Range(1, 28).Select(i => $"{i:00}.02.2024;{i},{i}")));
        Assert.Equal((";", ","), (source.Csv.Delimiter, source.Csv.DecimalSeparator));
        Assert.Equal(["DATE", "DOUBLE"], source.Columns.Select(c => c.Type.Sql));
        Assert.Equal((28, 28, 0), DraftRun.Run(Project)["rows"]);
    }

    [Fact]
    public void A_comma_that_may_stand_for_thousands_stays_text()
    {
        var (report, source) = Draft(Csv("rows", "id;price", Enumerable.Range(1, 28).Select(i => $"{i};{i},100")));
        Assert.Equal(DataType.String, source.Columns[1].Type);
        Assert.Contains(report.Notes, n => n.Contains("may stand for thousands", StringComparison.Ordinal));
    }

    [Fact]
    public void Quotes_around_values_are_quotes_and_quotes_inside_texts_are_letters()
    {
        var quoted = Draft(Csv("quoted", "id,name", Enumerable.Range(1, 20).Select(i => $"{i},\"Last {i}, \"\"First\"\"\""))).Source;
        Assert.Equal("\"", quoted.Csv.Quote);
        Assert.Equal((20, 20, 0), DraftRun.Run(Project)["quoted"]);

        Directory.Delete(Project, true);
        var plain = Draft(Csv("plain", "id\tname", Enumerable.Range(1, 20).Select(i => i % 5 == 0 ? $"{i}\t\"so he said {i}" : $"{i}\tthe {i}\" pipe"))).Source;
        Assert.Equal(("", "\t"), (plain.Csv.Quote, plain.Csv.Delimiter));
        Assert.Equal((20, 20, 0), DraftRun.Run(Project)["plain"]);
    }

    [Fact]
    public void Line_breaks_inside_quotes_are_no_rows_and_the_notes_say_so()
    {
        var (report, _) = Draft(Csv("rows", "id,name", Enumerable.Range(1, 20).Select(i => $"{i},\"two\nlines {i}\"")));
        Assert.Contains(report.Notes, n => n.Contains("the files have 40 lines and 20 rows", StringComparison.Ordinal));
        Assert.Equal((20, 20, 0), DraftRun.Run(Project)["rows"]);
    }

    [Fact]
    public void A_file_without_header_gets_numbered_columns()
    {
        var (_, source) = Draft(Csv("rows", "1,red,0.5", Enumerable.Range(2, 30).Select(i => $"{i},blue,1.5")));
        Assert.False(source.Csv.Header);
        Assert.Equal(["c1", "c2", "c3"], source.Columns.Select(c => c.Name));
        Assert.Equal((31, 31, 0), DraftRun.Run(Project)["rows"]);
    }

    [Fact]
    public void A_first_line_of_texts_is_no_header_when_its_words_come_again()
    {
        Assert.False(Draft(Csv("rows", "ham\thello there", ["spam\tbuy now", "ham\tsee you"])).Source.Csv.Header);
        Directory.Delete(Project, true);
        Assert.True(Draft(Csv("rows", "label\ttext", ["spam\tbuy now", "ham\tsee you"])).Source.Csv.Header);
    }

    [Fact]
    public void Letters_in_Latin_1_are_read_and_damaged_UTF_8_is_quarantined()
    {
        File.WriteAllBytes(Path.Combine(_root, "latin.csv"), Encoding.Latin1.GetBytes("id,name\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"{i},Jürgen {i}\n"))));
        Assert.Equal("latin-1", Draft(Path.Combine(_root, "latin.csv")).Source.Csv.Encoding);
        Assert.Equal((20, 20, 0), DraftRun.Run(Project)["latin"]);

        Directory.Delete(Project, true);
        var damaged = Enumerable.Range(1, 20).SelectMany(i => (byte[])[.. Encoding.UTF8.GetBytes($"{i},Jürgen"), .. i == 7 ? [(byte)0x81, 0xFF] : Array.Empty<byte>(), (byte)'\n']);
        File.WriteAllBytes(Path.Combine(_root, "damaged.csv"), [.. "id,name\n"u8, .. damaged]);
        var (report, source) = Draft(Path.Combine(_root, "damaged.csv"));
        Assert.Equal("utf-8", source.Csv.Encoding);
        Assert.Contains(report.Notes, n => n.StartsWith("damaged: 1 row of 20 will be quarantined", StringComparison.Ordinal));
        Assert.Equal((20, 19, 1), DraftRun.Run(Project)["damaged"]);
    }

    [Fact]
    public void Files_of_one_header_make_one_source_and_later_files_match_its_glob()
    {
        Csv("sales_2024-01", "id,day", ["1,2024-01-05", "2,2024-01-06"]);
        Csv("sales_2024-02", "day,id", ["2024-02-05,3"]);
        using (var gz = new GZipStream(File.Create(Path.Combine(_root, "sales_2024-03.csv.gz")), CompressionMode.Compress))
            gz.Write("id,day\n4,2024-03-01\n"u8);
        Csv("shops", "shop,town", ["1,Bonn"]);

        var report = ProjectTemplate.Draft(Project, "p", [_root]);
        var sources = ProjectFolder.Read(Project).Sources;
        Assert.Equal(["sales", "shops"], sources.Select(s => s.Key.Name));
        Assert.Equal(["data/sales/*", "data/shops/*.csv"], sources.Select(s => s.Path));
        Assert.Contains("data/sales/sales_2024-03.csv.gz", report.Files);
        Assert.Equal((4, 4, 0), DraftRun.Run(Project)["sales"]);
    }

    [Fact]
    public void Files_of_a_series_with_one_column_more_read_what_all_have()
    {
        Csv("sales-2023", "id,day,amount", ["1,2023-01-05,5"]);
        Csv("sales-2024", "id,day,amount,channel", ["2,2024-01-05,6,web"]);
        var (report, source) = Draft(Path.Combine(_root, "sales-*.csv"));
        Assert.Equal(["id", "day", "amount"], source.Columns.Select(c => c.Name));
        Assert.Contains("sales: not read, because not every file has it: channel.", report.Notes);
        Assert.Equal((2, 2, 0), DraftRun.Run(Project)["sales"]);
    }

    [Fact]
    public void Checks_say_what_was_seen()
    {
        var rows = Enumerable.Range(1, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i / 2},{i % 2},{(i % 3 == 0 ? "red" : "blue")},{i % 10 / 10.0},{-(i % 50)},{i * 7 % 101},{i + (i * 7 % 101)},{i}"));
        Csv("rows", "order_id,line,colour,share,delta,part,whole,row_id", rows);
        var (_, source) = Draft(Path.Combine(_root, "rows.csv"));
        Assert.Contains("# seen: 200 rows, as many different values\n  - unique: row_id", source.Text, StringComparison.Ordinal);
        Assert.Contains("- in_set: {column: colour, values: [blue, red]}", source.Text, StringComparison.Ordinal);
        Assert.Contains("# seen: 0.0 to 0.9\n  - between: {column: share, min: 0, max: 1}", source.Text, StringComparison.Ordinal);
        Assert.Contains("- expression: part + row_id = whole", source.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("column: delta", source.Text, StringComparison.Ordinal);
        Assert.Equal((200, 200, 0), DraftRun.Run(Project)["rows_clean"]);
    }

    [Fact]
    public void A_pair_of_columns_is_the_key_where_no_single_one_is()
    {
        var (_, source) = Draft(Csv("rows", "order_id,line,price", Enumerable.Range(2, 200).Select(i => $"{i / 2},{i % 2},1.5")));
        Assert.Contains("- unique: [order_id, line]", source.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_time_columns_are_left_to_a_person_and_one_makes_the_table_incremental()
    {
        var (report, two) = Draft(Csv("two", "ordered,shipped", ["2024-01-01,2024-01-02"]));
        Assert.Null(two.TimeColumn);
        Assert.Contains(report.Notes, n => n.Contains("no time_column, because ordered and shipped could each be it", StringComparison.Ordinal));

        Directory.Delete(Project, true);
        var (_, one) = Draft(Csv("one", "ordered,birth_date", ["2024-01-01,1970-01-02"]));
        Assert.Equal("ordered", one.TimeColumn);
        Assert.Contains("WHERE ordered >= @start AND ordered < @end", File.ReadAllText(Path.Combine(Project, "tables/one_clean.sql")), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_in_headers_are_kept_whatever_they_are()
    {
        var (_, source) = Draft(Csv("2024 My Täglich-Data", "Order ID,order,\"a,b\",c: d,100%,it's,{x}", Enumerable.Range(1, 12).Select(i => $"{i},a,b,c,d,e,f")));
        Assert.Equal("my_t_glich_data", source.Key.Name);
        Assert.Equal(["Order ID", "order", "a,b", "c: d", "100%", "it's", "{x}"], source.Columns.Select(c => c.Name));
        Assert.Equal((12, 12, 0), DraftRun.Run(Project)["my_t_glich_data_clean"]);
    }

    [Fact]
    public void What_will_not_do_is_told_at_once_and_nothing_is_left_behind()
    {
        Csv("twice", "id,ID", ["1,2"]);
        Csv("blank", ",name", ["1,a", "2,b"]);
        File.WriteAllText(Path.Combine(_root, "empty.csv"), "");
        File.WriteAllBytes(Path.Combine(_root, "zero.csv"), [65, 0, 66]);
        var e = Assert.Throws<ProblemException>(() => ProjectTemplate.Draft(Project, "p", [_root]));
        Assert.Equal(["bad-header", "bad-file", "bad-header", "bad-file"], e.Problems.Select(p => p.Code));
        Assert.False(Directory.Exists(Project));

        e = Assert.Throws<ProblemException>(() => ProjectTemplate.Draft(Project, "p", [Path.Combine(_root, "nothing*.csv"), "/no/such/folder"]));
        Assert.Equal(["no-file", "no-file"], e.Problems.Select(p => p.Code));
    }

    private string Project => Path.Combine(_root, "project");

    private string Csv(string name, string header, IEnumerable<string> rows)
    {
        var path = Path.Combine(_root, name + ".csv");
        File.WriteAllText(path, header + "\n" + string.Concat(rows.Select(r => r + "\n")));
        return path;
    }

    private (DraftReport Report, SourceDefinition Source) Draft(string file)
    {
        var report = ProjectTemplate.Draft(Project, "p", [file]);
        var project = ProjectFolder.Read(Project);
        Assert.Empty(project.Problems);
        return (report, Assert.Single(project.Sources));
    }
}
