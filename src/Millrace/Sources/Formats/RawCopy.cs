using System.Buffers;
using System.Globalization;
using System.Text;
using Millrace.Assets;
using Millrace.Lake.Delta;

namespace Millrace.Sources.Formats;

/// <summary>Records of one file, written again in the one form that the engine reads without doubt: each with its line, values as text, no value
/// told apart from an empty text; malformed records in a file of their own.</summary>
internal sealed class RawCopy : IDisposable
{
    /// <summary>The longest record that is read, in bytes; a longer one goes aside.</summary>
    public const int MaxRecordBytes = 2_000_000;

    private const int ShownBytes = 4096;

    private static readonly SearchValues<byte> Special = SearchValues.Create("\",\r\n"u8);

    private readonly FileStream _rows;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly string _malformedPath;
    private readonly string _name;
    private FileStream? _malformed;
    private int _used;
    private bool _isClosed;

    /// <param name="scratch">Where the copy lies.</param>
    /// <param name="number">Tells the copies of one load apart.</param>
    /// <param name="name">The file's name for people.</param>
    public RawCopy(string scratch, int number, string name)
    {
        Directory.CreateDirectory(scratch);
        _name = name;
        Path = System.IO.Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"rows-{number:D6}.csv"));
        _malformedPath = System.IO.Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"malformed-{number:D6}.csv"));
        _rows = new FileStream(Path, FileMode.Create, FileAccess.Write, FileShare.Read, 1);
    }

    /// <summary>The file of the well-formed records.</summary>
    public string Path { get; }

    /// <summary>The file of the malformed ones, or null when there was none.</summary>
    public string? MalformedPath => _malformed is null ? null : _malformedPath;

    /// <summary>A relation of the copies with the columns, <c>_millrace_file</c> and <c>_millrace_line</c>.</summary>
    public static string Relation(IReadOnlyList<(string Path, string Name)> copies, IReadOnlyList<string> names)
    {
        var columns = string.Join(", ", names.Select(n => $"{SqlName.Quote(n)}: 'VARCHAR'").Prepend("_millrace_line: 'BIGINT'"));
        var files = string.Join(", ", copies.Select(c => SqlName.Text(FileRelation.Literally(c.Path))));
        return $"(SELECT r.* EXCLUDE (_millrace_path), {NameOf(copies, "r._millrace_path")} AS _millrace_file FROM read_csv([{files}], columns={{{columns}}}, {Options}, filename='_millrace_path') AS r)";
    }

    /// <summary>A relation of <c>file, line, reason, row</c>.</summary>
    public static string MalformedRelation(IReadOnlyList<string> paths) =>
        $"read_csv([{string.Join(", ", paths.Select(p => SqlName.Text(FileRelation.Literally(p))))}], columns={{file: 'VARCHAR', line: 'BIGINT', reason: 'VARCHAR', \"row\": 'VARCHAR'}}, {Options})";

    /// <summary>The name that people know a path by.</summary>
    public static string NameOf(IReadOnlyList<(string Path, string Name)> files, string path) =>
        $"MAP {{{string.Join(", ", files.Select(f => $"{SqlName.Text(f.Path)}: {SqlName.Text(f.Name)}"))}}}[{path}]";

    /// <summary>Begins a record.</summary>
    public void Begin(long line)
    {
        Reserve(24);
        line.TryFormat(_buffer.AsSpan(_used), out var written, default, CultureInfo.InvariantCulture);
        _used += written;
    }

    /// <summary>Adds a value that is absent.</summary>
    public void Null()
    {
        Reserve(1);
        _buffer[_used++] = (byte)',';
    }

    /// <summary>Adds a value.</summary>
    public void Value(ReadOnlySpan<byte> text)
    {
        Null();
        if (text.Length > 0 && text[0] != ' ' && text[^1] != ' ' && text.IndexOfAny(Special) < 0)
            Put(text);
        else
            Quoted(text);
    }

    /// <summary>Ends a record.</summary>
    public void End()
    {
        Reserve(1);
        _buffer[_used++] = (byte)'\n';
    }

    /// <summary>Sets a record aside.</summary>
    /// <param name="line">Where it begins, from 1.</param>
    /// <param name="reason">Why it cannot be read.</param>
    /// <param name="raw">As it stands there, or its beginning.</param>
    /// <param name="length">Its whole length in bytes, where <paramref name="raw"/> is only the beginning.</param>
    public void Malformed(long line, string reason, ReadOnlySpan<byte> raw, long? length = null)
    {
        _malformed ??= new FileStream(_malformedPath, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        var isCut = length is not null && raw.Length > ShownBytes;
        var text = Encoding.UTF8.GetString(isCut ? raw[..ShownBytes] : raw);
        if (isCut)
            text += string.Create(CultureInfo.InvariantCulture, $"... ({length} bytes)");
        var row = string.Create(CultureInfo.InvariantCulture, $"{Escaped(_name)},{line},{Escaped(reason)},{Escaped(text)}\n");
        _malformed.Write(Encoding.UTF8.GetBytes(row));
    }

    /// <summary>Ends the copy; its files can be read now.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        Flush();
        _rows.Dispose();
        _malformed?.Dispose();
    }

    private const string Options =
        "auto_detect=false, header=false, delim=',', quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, new_line='\\n', max_line_size=8000000";

    private static string Escaped(string text) => "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private void Quoted(ReadOnlySpan<byte> text)
    {
        Put("\""u8);
        for (int quote; (quote = text.IndexOf((byte)'"')) >= 0; text = text[(quote + 1)..])
        {
            Put(text[..(quote + 1)]);
            Put("\""u8);
        }

        Put(text);
        Put("\""u8);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _used)
            Flush();
        if (bytes.Length > _buffer.Length)
        {
            _rows.Write(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (bytes > _buffer.Length - _used)
            Flush();
    }

    private void Flush()
    {
        _rows.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
