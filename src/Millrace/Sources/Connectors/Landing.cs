using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Millrace.Sources.Connectors;

/// <summary>The folder in which one fetch puts the raw records. It is kept with the version, so that rows can be put through again.</summary>
/// <remarks>Files are written in order, one at a time. At most 64 MB wait in memory for the disk.</remarks>
internal sealed class Landing(string folder)
{
    private readonly List<LandedFile> _files = [];

    /// <summary>Where the files lie, absolute.</summary>
    public string Folder => folder;

    /// <summary>The closed files, in order.</summary>
    public IReadOnlyList<LandedFile> Files => _files;

    /// <summary>Opens a new file. Disposing it closes and counts it.</summary>
    /// <param name="name">A file name with the extension of its format, such as <c>page-00001.ndjson</c>; unique in the landing.</param>
    public Stream Create(string name)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, name);
        return new LandingStream(path, (bytes, hash) => _files.Add(new LandedFile(name, path, bytes, hash)));
    }

    /// <summary>Takes a file that another program writes: it is hashed once it is there.</summary>
    /// <param name="name">As for <see cref="Create"/>.</param>
    /// <param name="write">Writes the file to the path that it is given.</param>
    public LandedFile Take(string name, Action<string> write)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, name);
        write(path);
        using var stream = File.OpenRead(path);
        var file = new LandedFile(name, path, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
        _files.Add(file);
        return file;
    }

    /// <summary>Deletes a closed file again: it broke off half-way and comes a second time.</summary>
    public void Withdraw(string name)
    {
        _files.RemoveAll(f => f.Name == name);
        if (File.Exists(Path.Combine(folder, name)))
            File.Delete(Path.Combine(folder, name));
    }

    /// <summary>
    /// Hands blocks to a thread that hashes and writes them. At most <see cref="MaxBlocks"/> wait: a slow disk slows the place that fills the
    /// landing, and memory stays flat.
    /// </summary>
    private sealed class LandingStream : Stream
    {
        private const int BlockBytes = 1 << 20;
        private const int MaxBlocks = 64;

        private readonly BlockingCollection<(byte[] Block, int Bytes)> _queue = new(MaxBlocks);
        private readonly FileStream _file;
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly Action<long, string> _closed;
        private readonly Thread _writer;
        private volatile ExceptionDispatchInfo? _failure;
        private byte[] _block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        private int _filled;
        private long _bytes;
        private bool _isClosed;

        public LandingStream(string path, Action<long, string> closed)
        {
            _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1);
            _closed = closed;
            _writer = new Thread(WriteBlocks) { Name = "landing", IsBackground = true };
            _writer.Start();
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _bytes;

        public override long Position
        {
            get => _bytes;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _bytes += buffer.Length;
            while (buffer.Length > 0)
            {
                _failure?.Throw();
                var part = buffer[..Math.Min(buffer.Length, BlockBytes - _filled)];
                part.CopyTo(_block.AsSpan(_filled));
                _filled += part.Length;
                buffer = buffer[part.Length..];
                if (_filled == BlockBytes)
                    HandOver();
            }
        }

        /// <summary>Nothing is promised before the file is closed, so that nothing needs to be written sooner.</summary>
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isClosed)
            {
                _isClosed = true;
                HandOver();
                _queue.CompleteAdding();
                _writer.Join();
                _file.Dispose();
                var hash = Convert.ToHexStringLower(_hash.GetHashAndReset());
                _hash.Dispose();
                _queue.Dispose();
                ArrayPool<byte>.Shared.Return(_block);
                _failure?.Throw();
                _closed(_bytes, hash);
            }

            base.Dispose(disposing);
        }

        private void HandOver()
        {
            if (_filled == 0)
                return;
            _queue.Add((_block, _filled));
            (_block, _filled) = (ArrayPool<byte>.Shared.Rent(BlockBytes), 0);
        }

        /// <summary>After a failure the blocks are only taken, so that nobody waits for a place in the queue.</summary>
        private void WriteBlocks()
        {
            foreach (var (block, bytes) in _queue.GetConsumingEnumerable())
            {
                try
                {
                    if (_failure is null)
                    {
                        _file.Write(block.AsSpan(0, bytes));
                        _hash.AppendData(block.AsSpan(0, bytes));
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    _failure = ExceptionDispatchInfo.Capture(e);
                }

                ArrayPool<byte>.Shared.Return(block);
            }
        }
    }
}

/// <summary>A closed file of a landing.</summary>
/// <param name="Name">Its name in the landing.</param>
/// <param name="Path">Where it lies, absolute.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">SHA-256, lower-case hex.</param>
internal sealed record LandedFile(string Name, string Path, long Bytes, string Hash);
