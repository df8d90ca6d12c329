using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Millrace.Sources.Formats;

/// <summary>Records of a CSV file with their lines, read one by one: for sorting, where the engine's fast reader met one that it cannot read.</summary>
/// <remarks>
/// It reads what the engine reads, in the same way (a space before a quote and spaces behind one do not count, empty lines are no rows where there are several columns, a
/// remark ends a line), and takes what the engine gives up at: any mix of line ends, and malformed records, which it gives with their line. After
/// one it goes on in the next line. Memory is bounded by <see cref="RawCopy.MaxRecordBytes"/>, however long a line is.
/// </remarks>
internal sealed class CsvRecords : IDisposable
{
    private const int Max = RawCopy.MaxRecordBytes;

    private readonly Stream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(4 * Max);
    private readonly List<Field> _fields = [];
    private readonly byte[] _delimiter;
    private readonly byte[] _stops;
    private readonly byte? _quote;
    private readonly byte? _escape;
    private readonly byte? _comment;
    private byte[] _unescaped = new byte[256];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <param name="stream">UTF-8, at its beginning.</param>
    /// <param name="csv">How it is written.</param>
    public CsvRecords(Stream stream, CsvOptions csv)
    {
        _stream = stream;
        _delimiter = Encoding.UTF8.GetBytes(csv.Delimiter);
        _quote = csv.Quote.Length > 0 ? (byte)csv.Quote[0] : null;
        _escape = csv.Escape.Length > 0 ? (byte)csv.Escape[0] : _quote;
        _comment = csv.Comment is { Length: > 0 } comment ? (byte)comment[0] : null;
        _stops = [.. new byte?[] { _delimiter[0], (byte)'\n', (byte)'\r', _comment }.OfType<byte>()];
        Fill();
        if (_buffer.AsSpan(0, _end).StartsWith(Encoding.UTF8.Preamble))
            _start = 3;
        for (var i = 0; i < csv.SkipLines; i++)
            SkipLine();
    }

    /// <summary>The line of the record that was read last, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Why that record is malformed; null when it is sound.</summary>
    public string? Error { get; private set; }

    /// <summary>How many values it has.</summary>
    public int Count => _fields.Count;

    /// <summary>The record as it stands in the file, without its line end; only the beginning of one that is too long.</summary>
    public ReadOnlySpan<byte> Raw => _buffer.AsSpan(RawStart, RawLength);

    /// <summary>The length of the whole record in bytes.</summary>
    public long Length { get; private set; }

    private long NextLine { get; set; } = 1;

    private int RawStart { get; set; }

    private int RawLength { get; set; }

    /// <summary>A value of a sound record, its quotes and escapes resolved. It holds until the next call.</summary>
    /// <param name="field">The value's number, from 0.</param>
    /// <param name="isQuoted">True when it stands in quotes.</param>
    public ReadOnlySpan<byte> Value(int field, out bool isQuoted)
    {
        var f = _fields[field];
        isQuoted = f.IsQuoted;
        var bytes = _buffer.AsSpan(f.Start, f.Length);
        if (!f.HasEscapes)
            return bytes;
        if (_unescaped.Length < bytes.Length)
            _unescaped = new byte[bytes.Length * 2];
        var used = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == _escape && i + 1 < bytes.Length && (bytes[i + 1] == _quote || bytes[i + 1] == _escape))
                i++;
            _unescaped[used++] = bytes[i];
        }

        return _unescaped.AsSpan(0, used);
    }

    /// <summary>Goes to the next record that holds something.</summary>
    /// <param name="isEmptyLineARow">True where an empty line is a row without a value: in files of one column.</param>
    /// <returns>False at the end.</returns>
    public bool Read(bool isEmptyLineARow)
    {
        while (true)
        {
            Fill();
            if (_start == _end)
                return false;
            Line = NextLine;
            Error = null;
            Length = 0;
            var at = Parse();
            if (Error is not null)
            {
                TakeLine();
                return true;
            }

            (RawStart, RawLength) = (_start, at - _start);
            Length = RawLength;
            if (!Utf8.IsValid(Raw))
                Error = "it holds bytes that are no text of the file's encoding";
            NextLine += LineEnds(_buffer.AsSpan(RawStart, RawLength)) + 1;
            _start = AfterLineEnd(at);
            var isEmpty = _fields is [{ Length: 0, IsQuoted: false }];
            if (!isEmpty || (isEmptyLineARow && RawLength == 0))
                return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <summary>Finds the values of the record that begins at the start.</summary>
    /// <returns>The place of its line end.</returns>
    private int Parse()
    {
        _fields.Clear();
        var limit = Math.Min(_end, _start + Max);
        for (var i = _start; ;)
        {

            // One space before a quote does not count; two are letters, and so is the quote then. The engine reads it so.
            var j = i < limit && _buffer[i] == ' ' ? i + 1 : i;
            var isQuoted = _quote is not null && j < limit && _buffer[j] == _quote;
            var field = isQuoted ? Quoted(j + 1, limit, out i) : Unquoted(i, limit, out i);
            if (Error is not null)
                return i;
            _fields.Add(field);
            if (i == limit && limit == _start + Max && limit < _end)
            {
                Error = string.Create(CultureInfo.InvariantCulture, $"it is longer than {Max} bytes");
                return i;
            }

            if (i < limit && _buffer[i] == _comment)
            {
                var end = _buffer.AsSpan(i, limit - i).IndexOfAny((byte)'\n', (byte)'\r');
                if (_fields is [{ IsQuoted: false } only] && Encoding.UTF8.GetString(_buffer, only.Start, only.Length).Trim(' ').Length == 0)
                    _fields[0] = new Field(i, 0, false, false);
                return end < 0 ? limit : i + end;
            }

            if (i == limit || _buffer[i] is (byte)'\n' or (byte)'\r')
                return i;
            i += _delimiter.Length;
        }
    }

    private Field Unquoted(int start, int limit, out int at)
    {
        at = start;
        while (true)
        {
            var stop = _buffer.AsSpan(at, limit - at).IndexOfAny(_stops);
            at = stop < 0 ? limit : at + stop;
            if (at == limit || _buffer[at] is (byte)'\n' or (byte)'\r' || _buffer[at] == _comment || IsDelimiter(at, limit))
                return new Field(start, at - start, false, false);
            at++;
        }
    }

    private Field Quoted(int start, int limit, out int at)
    {
        var hasEscapes = false;
        at = start;
        while (true)
        {
            var stop = _buffer.AsSpan(at, limit - at).IndexOfAny(_quote!.Value, _escape!.Value);
            if (stop < 0)
            {
                Error = limit < _end || limit == _start + Max
                    ? string.Create(CultureInfo.InvariantCulture, $"a quote opens that does not close within {Max} bytes")
                    : "a quote opens that never closes";
                at = limit;
                return default;
            }

            at += stop;
            if (_buffer[at] == _escape && at + 1 < limit && (_buffer[at + 1] == _quote || (_escape != _quote && _buffer[at + 1] == _escape)))
            {
                hasEscapes = true;
                at += 2;
            }
            else if (_buffer[at] == _quote)
            {
                var field = new Field(start, at - start, true, hasEscapes);
                at++;
                while (at < limit && _buffer[at] == ' ')
                    at++;
                if (at < limit && _buffer[at] is not ((byte)'\n' or (byte)'\r') && _buffer[at] != _comment && !IsDelimiter(at, limit))
                    Error = "text follows after a closing quote";
                return field;
            }
            else
            {
                at++;
            }
        }
    }

    private bool IsDelimiter(int at, int limit) => _buffer.AsSpan(at, limit - at).StartsWith(_delimiter);

    /// <summary>Takes the line that a malformed record begins in, however long it is; one whose quote never closes goes to the end.</summary>
    private void TakeLine()
    {
        RawStart = _start;
        if (Error == "a quote opens that never closes")
        {
            RawLength = _end - _start;
            Length = RawLength;
            NextLine += LineEnds(Raw);
            _start = _end;
            return;
        }

        var end = _buffer.AsSpan(_start, _end - _start).IndexOfAny((byte)'\n', (byte)'\r');
        if (end >= 0 && end <= Max)
        {
            (RawLength, Length) = (end, end);
            _start = AfterLineEnd(_start + end);
            NextLine++;
            return;
        }

        // Its beginning moves to the front and stays there, while the rest passes behind it.
        const int Kept = 1 << 16;
        _buffer.AsSpan(_start, Kept).CopyTo(_buffer);
        (RawStart, RawLength) = (0, Kept);
        Length = 0;
        while (true)
        {
            end = _buffer.AsSpan(_start, _end - _start).IndexOfAny((byte)'\n', (byte)'\r');
            if (end >= 0)
            {
                Length += end;
                _start += end;
                break;
            }

            Length += _end - _start;
            _start = _end = Kept;
            if (!FillTail(Kept))
                break;
        }

        NextLine++;
        if (_start < _end)
            SkipLineEndBehind(Kept);
    }

    private void SkipLineEndBehind(int kept)
    {
        if (_buffer[_start] == '\r' && _start + 1 == _end)
        {
            _buffer[kept] = (byte)'\r';
            (_start, _end) = (kept, kept + 1);
            FillTail(kept + 1);
            _start = kept;
        }

        _start = AfterLineEnd(_start);
    }

    /// <summary>Reads more behind what is kept. Returns false at the end of the file.</summary>
    private bool FillTail(int from)
    {
        var read = _stream.Read(_buffer, from, _buffer.Length - from);
        _end = from + read;
        _isAtEnd |= read == 0;
        return read > 0;
    }

    private int AfterLineEnd(int at)
    {
        if (at >= _end)
            return _end;
        if (_buffer[at] == _comment || _buffer[at] is not ((byte)'\n' or (byte)'\r'))
            return at;
        return _buffer[at] == '\r' && at + 1 < _end && _buffer[at + 1] == '\n' ? at + 2 : at + 1;
    }

    private void SkipLine()
    {
        while (true)
        {
            Fill();
            var end = _buffer.AsSpan(_start, _end - _start).IndexOfAny((byte)'\n', (byte)'\r');
            if (end >= 0)
            {
                _start = AfterLineEnd(_start + end);
                NextLine++;
                return;
            }

            _start = _end;
            if (_isAtEnd)
                return;
        }
    }

    /// <summary>Sees to it that a whole record of the longest size lies in the buffer, or all of the rest.</summary>
    private void Fill()
    {
        if (_isAtEnd || _end - _start > Max + 8)
            return;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < _buffer.Length)
        {
            var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                _isAtEnd = true;
                return;
            }

            _end += read;
        }
    }

    private static long LineEnds(ReadOnlySpan<byte> bytes)
    {
        long count = bytes.Count((byte)'\n');
        for (int at; (at = bytes.IndexOf((byte)'\r')) >= 0; bytes = bytes[(at + 1)..])
            count += at + 1 < bytes.Length && bytes[at + 1] == '\n' ? 0 : 1;
        return count;
    }

    private readonly record struct Field(int Start, int Length, bool IsQuoted, bool HasEscapes);
}
