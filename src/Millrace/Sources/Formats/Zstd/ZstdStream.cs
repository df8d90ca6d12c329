using System.Buffers.Binary;

namespace Millrace.Sources.Formats.Zstd;

/// <summary>Unpacks Zstandard (RFC 8878) as a stream: frames one after another, skippable ones passed over, checksums of the content checked.</summary>
/// <remarks>Frames that need a dictionary, or a window above 128 MB, are refused.</remarks>
internal sealed class ZstdStream(Stream source) : Stream
{
    private const int MaxBlock = 1 << 17;

    private const long MaxWindow = 1L << 27;

    private readonly byte[] _block = new byte[MaxBlock];
    private readonly ZstdBlocks _blocks = new();
    private readonly XxHash64 _hash = new();
    private byte[] _window = [];
    private int _windowSize;
    private int _at;
    private int _end;
    private bool _isInFrame;
    private bool _isLastBlock;
    private bool _hasChecksum;
    private bool _hasFrame;
    private long _contentSize;
    private long _written;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="InvalidDataException">The stream is cut, damaged, or no Zstandard.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_at == _end)
        {
            if (!_isInFrame && !BeginFrame())
                return 0;
            if (_isLastBlock)
                EndFrame();
            else
                ReadBlock();
        }

        var count = Math.Min(buffer.Length, _end - _at);
        _window.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }

    private bool BeginFrame()
    {
        Span<byte> head = stackalloc byte[14];
        while (true)
        {
            var read = source.ReadAtLeast(head[..4], 4, throwOnEndOfStream: false);
            if (read == 0 && _hasFrame)
                return false;
            var magic = read == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(head) : 0;
            if ((magic & 0xFFFFFFF0) == 0x184D2A50)
            {
                Take(head[..4]);
                Skip(BinaryPrimitives.ReadUInt32LittleEndian(head));
                continue;
            }

            if (magic != 0xFD2FB528)
                throw new InvalidDataException(_hasFrame ? "behind its content stands something else." : "it is no Zstandard file.");
            break;
        }

        Take(head[..1]);
        var descriptor = head[0];
        var isSingle = (descriptor & 0x20) != 0;
        if ((descriptor & 0x08) != 0)
            throw new InvalidDataException("its frame header has a reserved bit.");
        long window = 0;
        if (!isSingle)
        {
            Take(head[..1]);
            var exponent = 10 + (head[0] >> 3);
            window = (1L << exponent) + ((1L << exponent) / 8 * (head[0] & 7));
        }

        var dictionary = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        if (dictionary > 0)
        {
            Take(head[..dictionary]);
            if (head[..dictionary].ContainsAnyExcept((byte)0))
                throw new InvalidDataException("it was packed with a dictionary.");
        }

        var size = (descriptor >> 6) switch { 0 => isSingle ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        head[..8].Clear();
        Take(head[..size]);
        _contentSize = size == 0 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(head) + (size == 2 ? 256 : 0);
        if (isSingle)
            window = _contentSize;
        if (window is < 0 or > MaxWindow)
            throw new InvalidDataException("it needs a window of more than 128 MB. Pack it again without --ultra or --long.");

        _windowSize = (int)window;
        var room = _windowSize + (4 * MaxBlock);
        if (_window.Length < room)
            _window = new byte[room];
        (_at, _end, _written) = (0, 0, 0);
        (_isInFrame, _isLastBlock, _hasFrame, _hasChecksum) = (true, false, true, (descriptor & 4) != 0);
        _blocks.BeginFrame();
        _hash.Reset();
        return true;
    }

    private void EndFrame()
    {
        if (_contentSize >= 0 && _contentSize != _written)
            throw new InvalidDataException("its content is not as long as it says.");
        if (_hasChecksum)
        {
            Span<byte> sum = stackalloc byte[4];
            Take(sum);
            if (BinaryPrimitives.ReadUInt32LittleEndian(sum) != (uint)_hash.Value())
                throw new InvalidDataException("its checksum does not match its content.");
        }

        _isInFrame = false;
    }

    private void ReadBlock()
    {
        // What came before stays as far back as matches reach.
        if (_window.Length - _end < MaxBlock)
        {
            var kept = Math.Min(_windowSize, _end);
            _window.AsSpan(_end - kept, kept).CopyTo(_window);
            (_at, _end) = (kept, kept);
        }

        Span<byte> head = stackalloc byte[4];
        head[3] = 0;
        Take(head[..3]);
        var header = BinaryPrimitives.ReadInt32LittleEndian(head);
        _isLastBlock = (header & 1) != 0;
        var size = header >> 3;
        var start = _end;
        switch ((header >> 1) & 3)
        {
            case 0 when size <= MaxBlock:
                Take(_window.AsSpan(_end, size));
                _end += size;
                break;
            case 1 when size <= MaxBlock:
                Take(head[..1]);
                _window.AsSpan(_end, size).Fill(head[0]);
                _end += size;
                break;
            case 2 when size <= MaxBlock:
                Take(_block.AsSpan(0, size));
                try
                {
                    _end = _blocks.Unpack(_block.AsSpan(0, size), _window, _end, Math.Min(_end + MaxBlock, _window.Length));
                }
                catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException)
                {
                    throw new InvalidDataException("it is damaged.", e);
                }

                break;
            default:
                throw new InvalidDataException("it is damaged.");
        }

        _written += _end - start;
        if (_hasChecksum)
            _hash.Add(_window.AsSpan(start, _end - start));
    }

    private void Take(Span<byte> bytes)
    {
        if (source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new InvalidDataException("it is cut off.");
    }

    private void Skip(long count)
    {
        for (int read; count > 0; count -= read)
        {
            read = source.Read(_block, 0, (int)Math.Min(count, _block.Length));
            if (read == 0)
                throw new InvalidDataException("it is cut off.");
        }
    }
}
