using System.Buffers;
using System.Globalization;

namespace Millrace.Sources.Formats;

/// <summary>Objects of a JSON file with their lines, read one by one: one a line, or in an array, or one behind the other.</summary>
/// <remarks>Memory is bounded by <see cref="RawCopy.MaxRecordBytes"/>: a longer record is passed over, its beginning kept.</remarks>
internal sealed class JsonRecords : IDisposable
{
    private const int Max = RawCopy.MaxRecordBytes;

    private readonly Stream _stream;
    private readonly string _file;
    private readonly bool _isLines;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(2 * Max);
    private byte[] _head = [];
    private int _start;
    private int _at;
    private int _end;
    private bool _isAtEnd;
    private bool _hasBegun;
    private bool _isInArray;
    private bool _wantsComma;
    private long _nextLine = 1;

    /// <param name="stream">UTF-8, at its beginning.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="isLines">True when every line is a record.</param>
    public JsonRecords(Stream stream, string file, bool isLines)
    {
        (_stream, _file, _isLines) = (stream, file, isLines);
        while (_end < 3 && More())
        {
        }

        if (_buffer.AsSpan(0, _end).StartsWith(System.Text.Encoding.UTF8.Preamble))
            _start = _at = 3;
    }

    /// <summary>The line in which the record begins, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Why the record is malformed; null when it is whole, which does not yet mean that it is JSON.</summary>
    public string? Error { get; private set; }

    /// <summary>The record's length in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>The record, or the beginning of one that is too long. It holds until the next call.</summary>
    public ReadOnlySpan<byte> Raw => Error is null ? _buffer.AsSpan(_start, _at - _start) : _head;

    /// <summary>Goes to the next record.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="SourceException">Between two records stands something else, so that nobody knows where the next one begins.</exception>
    public bool Read()
    {
        Error = null;
        Length = 0;
        _start = _at;
        return _isLines ? ReadLine() : ReadObject();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private bool ReadLine()
    {
        SkipBlank();
        if (_at == _end)
            return false;
        Line = _nextLine;
        while (true)
        {
            var end = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
            _at = end < 0 ? _end : _at + end;
            if (end >= 0 || !Continue())
                break;
        }

        // The line end is left to the blanks before the next record.
        Length += _at - _start;
        return true;
    }

    private bool ReadObject()
    {
        while (true)
        {
            SkipBlank();
            if (_at == _end)
                return _isInArray ? throw Refused("the array never closes: the file is cut off") : false;

            var c = _buffer[_at];
            if (!_hasBegun && c == '[')
            {
                (_hasBegun, _isInArray) = (true, true);
                _at++;
            }
            else if (_isInArray && c == ']')
            {
                (_isInArray, _wantsComma) = (false, false);
                _at++;
                SkipBlank();
                return _at == _end ? false : throw Refused("something stands behind the array's end");
            }
            else if (_wantsComma)
            {
                _wantsComma = c != ',' ? throw Refused("a comma or the array's end is wanted here") : false;
                _at++;
            }
            else if (c == '{')
            {
                (_hasBegun, _wantsComma) = (true, _isInArray);
                TakeObject();
                return true;
            }
            else
            {
                throw Refused($"an object is wanted here, and '{(char)c}' stands there");
            }
        }
    }

    /// <summary>Finds the object's end by its braces, texts left out.</summary>
    private void TakeObject()
    {
        Line = _nextLine;
        _start = _at;
        var (depth, isText, isEscaped) = (0, false, false);
        while (true)
        {
            for (; _at < _end; _at++)
            {
                var c = _buffer[_at];
                if (c == '\n')
                    _nextLine++;
                if (isEscaped)
                    isEscaped = false;
                else if (isText)
                    (isText, isEscaped) = (c != '"', c == '\\');
                else if (c == '"')
                    isText = true;
                else if (c is (byte)'{' or (byte)'[')
                    depth++;
                else if (c is (byte)'}' or (byte)']' && --depth == 0)
                {
                    _at++;
                    Length += _at - _start;
                    return;
                }
            }

            if (!Continue())
            {
                throw Refused(string.Create(
                    CultureInfo.InvariantCulture,
                    $"the object that begins in line {Line} never closes: the file is cut off, or a quote or a brace is missing"));
            }
        }
    }

    private void SkipBlank()
    {
        while (true)
        {
            for (; _at < _end && _buffer[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'; _at++)
            {
                if (_buffer[_at] == '\n')
                    _nextLine++;
            }

            _start = _at;
            if (_at < _end || !More())
                return;
        }
    }

    /// <summary>Reads on within a record. What became too long is passed over.</summary>
    private bool Continue()
    {
        if (_end - _start > Max)
        {
            if (Error is null)
            {
                _head = _buffer.AsSpan(_start, 1 << 13).ToArray();
                Error = string.Create(CultureInfo.InvariantCulture, $"it is longer than {Max} bytes");
            }

            Length += _at - _start;
            _start = _at;
        }

        return More();
    }

    /// <summary>Reads more behind what is there. Returns false at the end of the file.</summary>
    private bool More()
    {
        if (_isAtEnd)
            return false;
        if (_end == _buffer.Length || _start == _end)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_at, _end, _start) = (_at - _start, _end - _start, 0);
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isAtEnd = read == 0;
        return read > 0;
    }

    private SourceException Refused(string why) => new(string.Create(
        CultureInfo.InvariantCulture, $"{_file}:{_nextLine} is no JSON that can be read: {why}. Nothing was loaded."));
}
