using System.Security.Cryptography;

namespace Millrace.Sources.Connectors;

/// <summary>The folder in which one fetch puts the raw records. It is kept with the version, so that rows can be put through again.</summary>
/// <remarks>Files are written in order, one at a time; nothing is held in memory but a buffer.</remarks>
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

    /// <summary>Counts and hashes what passes.</summary>
    private sealed class LandingStream(string path, Action<long, string> closed) : Stream
    {
        private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _bytes;
        private bool _isClosed;

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
            _file.Write(buffer);
            _hash.AppendData(buffer);
            _bytes += buffer.Length;
        }

        public override void Flush() => _file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isClosed)
            {
                _isClosed = true;
                _file.Dispose();
                closed(_bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()));
                _hash.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>A closed file of a landing.</summary>
/// <param name="Name">Its name in the landing.</param>
/// <param name="Path">Where it lies, absolute.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">SHA-256, lower-case hex.</param>
internal sealed record LandedFile(string Name, string Path, long Bytes, string Hash);
