using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Sources.Connectors;

/// <summary>A body on its way into an inbox: in memory while it is small, else in a file.</summary>
public sealed class InboxUpload : IDisposable
{
    private const int KeptBytes = 1 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly InboxLimits _limits;
    private readonly string _folder;
    private readonly MemoryStream _memory = new();
    private readonly byte[] _letter = new byte[4];
    private FileStream? _file;
    private int _letterBytes;
    private int _line;
    private bool _isBlank = true;

    internal InboxUpload(string folder, InboxLimits limits) => (_folder, _limits) = (folder, limits);

    /// <summary>Bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Lines so far that are not blank.</summary>
    public long Rows { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="InboxRefusal">The body is too large, has a line that is too long, or is no UTF-8.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Bytes + bytes.Length > _limits.MaxBytes)
            throw new InboxRefusal(string.Create(CultureInfo.InvariantCulture, $"The body is larger than {_limits.MaxBytes} bytes. Send it in parts."), isTooLarge: true);
        CheckLetters(bytes);
        CheckLines(bytes);
        Store(bytes);
    }

    /// <summary>Ends the last line and gives the hash of all.</summary>
    internal byte[] Finish()
    {
        if (_letterBytes > 0)
            throw NoLetters();
        if (_line > 0)
            Write("\n"u8);
        return _hash.GetHashAndReset();
    }

    internal void CopyTo(SafeFileHandle segment, long at)
    {
        if (_file is null)
        {
            RandomAccess.Write(segment, _memory.GetBuffer().AsSpan(0, (int)_memory.Length), at);
            return;
        }

        _file.Position = 0;
        var buffer = new byte[1 << 18];
        for (int read; (read = _file.Read(buffer)) > 0; at += read)
            RandomAccess.Write(segment, buffer.AsSpan(0, read), at);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _memory.Dispose();
        _hash.Dispose();
    }

    private void Store(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Bytes += bytes.Length;
        if (_file is null && Bytes > KeptBytes)
        {
            _file = new FileStream(
                Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".part"),
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose, BufferSize = 1 << 16 });
            _memory.WriteTo(_file);
        }

        if (_file is null)
            _memory.Write(bytes);
        else
            _file.Write(bytes);
    }

    private void CheckLines(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            _line += part.Length + (end < 0 ? 0 : 1);
            _isBlank &= part.Trim(" \t\r"u8).IsEmpty;
            if (_line > _limits.MaxLineBytes)
                throw new InboxRefusal(string.Create(CultureInfo.InvariantCulture, $"Line {Rows + 1} is longer than {_limits.MaxLineBytes} bytes."), isTooLarge: true);
            if (end < 0)
                return;
            Rows += _isBlank ? 0 : 1;
            (_line, _isBlank) = (0, true);
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>A letter may lie across two writes.</summary>
    private void CheckLetters(ReadOnlySpan<byte> bytes)
    {
        while (_letterBytes > 0 && !bytes.IsEmpty)
        {
            _letter[_letterBytes++] = bytes[0];
            bytes = bytes[1..];
            if (Utf8.IsValid(_letter.AsSpan(0, _letterBytes)))
                _letterBytes = 0;
            else if (_letterBytes == 4)
                throw NoLetters();
        }

        var whole = bytes.Length;
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var b = bytes[^back];
            if ((b & 0xC0) == 0x80)
                continue;
            var length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
            if (length > back)
                whole = bytes.Length - back;
            break;
        }

        if (!Utf8.IsValid(bytes[..whole]))
            throw NoLetters();
        bytes[whole..].CopyTo(_letter);
        _letterBytes += bytes.Length - whole;
    }

    private static InboxRefusal NoLetters() => new("The body is no UTF-8. Send lines of JSON in UTF-8.", isTooLarge: false);
}

/// <summary>A pushed body that cannot be taken; the message is meant for the sender.</summary>
public sealed class InboxRefusal(string message, bool isTooLarge) : Exception(message)
{
    /// <summary>True when a smaller one would be taken.</summary>
    public bool IsTooLarge => isTooLarge;
}
