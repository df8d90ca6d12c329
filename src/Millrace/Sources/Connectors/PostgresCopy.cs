namespace Millrace.Sources.Connectors;

/// <summary>The rows of <c>COPY ... TO STDOUT</c> in the server's text form, field by field.</summary>
/// <remarks>Fields are parted by tabs and rows by line ends; <c>\N</c> is NULL, and a backslash stands before what would be mistaken.</remarks>
internal sealed class PostgresCopy(Stream stream)
{
    private byte[] _buffer = new byte[1 << 17];
    private byte[] _plain = new byte[1 << 12];
    private int _start;
    private int _filled;
    private int _line;
    private int _end;

    /// <summary>Goes to the next row; false after the last.</summary>
    public bool Next()
    {
        var from = _start;
        while (true)
        {
            var at = _buffer.AsSpan(from, _filled - from).IndexOf((byte)'\n');
            if (at >= 0)
            {
                (_line, _end) = (_start, from + at);
                _start = _end + 1;
                return true;
            }

            from = _filled - _start;
            _buffer.AsSpan(_start, from).CopyTo(_buffer);
            (_start, _filled) = (0, from);
            if (_filled == _buffer.Length)
                Array.Resize(ref _buffer, checked(_buffer.Length * 2));
            var read = stream.Read(_buffer.AsSpan(_filled));
            if (read == 0)
                return _filled == 0 ? false : throw new IOException("The rows end in the middle of one.");
            _filled += read;
        }
    }

    /// <summary>The row's next field.</summary>
    /// <param name="isNull">True for NULL.</param>
    /// <returns>The value as the server writes it; it holds until the next call.</returns>
    public ReadOnlySpan<byte> Field(out bool isNull)
    {
        var rest = _buffer.AsSpan(_line, _end - _line);
        var tab = rest.IndexOf((byte)'\t');
        var raw = tab < 0 ? rest : rest[..tab];
        _line += tab < 0 ? rest.Length : tab + 1;
        isNull = raw.Length == 2 && raw[0] == '\\' && raw[1] == 'N';
        return isNull || raw.IndexOf((byte)'\\') < 0 ? raw : Plain(raw);
    }

    private ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> raw)
    {
        if (_plain.Length < raw.Length)
            _plain = new byte[raw.Length * 2];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var b = raw[i];
            if (b == '\\' && i + 1 < raw.Length)
            {
                b = raw[++i] switch
                {
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    (byte)'v' => (byte)'\v',
                    var other => other,
                };
            }

            _plain[length++] = b;
        }

        return _plain.AsSpan(0, length);
    }
}
