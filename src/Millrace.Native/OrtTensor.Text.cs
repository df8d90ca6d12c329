using System.Buffers;
using System.Text;
using Millrace.Native.Interop;

namespace Millrace.Native;

public sealed unsafe partial class OrtTensor
{
    private const int OnStackBytes = 512;

    /// <summary>Makes a tensor of texts.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many texts, or a text holds a NUL character.</exception>
    public static OrtTensor OfTexts(ReadOnlySpan<string> texts, params ReadOnlySpan<long> shape)
    {
        CheckLength(texts.Length, shape);
        var tensor = Create(OrtElementType.String, shape);
        try
        {
            tensor.SetTexts(texts);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes all texts of a tensor of texts.</summary>
    /// <exception cref="InvalidOperationException">The values are no text.</exception>
    /// <exception cref="ArgumentException">There are more or fewer texts than values, or a text holds a NUL character, which the engine would cut at.</exception>
    public void SetTexts(ReadOnlySpan<string> texts)
    {
        CheckTexts();
        CheckLength(texts.Length, _shape);
        if (texts.IsEmpty)
            return;

        var bytes = 0;
        foreach (var text in texts)
        {
            NativeText.WithoutNul(text, "A text of a tensor");
            bytes = checked(bytes + Encoding.UTF8.GetByteCount(text) + 1);
        }

        var starts = sizeof(nint) * texts.Length;
        var rented = bytes + starts <= OnStackBytes ? null : ArrayPool<byte>.Shared.Rent(checked(bytes + starts));
        Span<byte> room = rented ?? stackalloc byte[OnStackBytes];
        var value = Hold();
        try
        {
            fixed (byte* first = room)
            {
                var pointers = (byte**)first;
                var next = first + starts;
                for (var i = 0; i < texts.Length; i++)
                {
                    pointers[i] = next;
                    next += Encoding.UTF8.GetBytes(texts[i], new Span<byte>(next, (int)(first + bytes + starts - next)));
                    *next++ = 0;
                }

                OrtApi.Check(OrtApi.FillStringTensor(value, pointers, (nuint)texts.Length));
            }
        }
        finally
        {
            Release();
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads all texts of a tensor of texts.</summary>
    /// <exception cref="InvalidOperationException">The values are no text.</exception>
    public string[] Texts()
    {
        var texts = new string[Length];
        CopyTexts(texts);
        return texts;
    }

    /// <summary>Reads all texts of a tensor of texts into the caller's array.</summary>
    /// <exception cref="InvalidOperationException">The values are no text.</exception>
    /// <exception cref="ArgumentException">There is no room for all texts.</exception>
    public void CopyTexts(Span<string> texts)
    {
        CheckTexts();
        if (texts.Length < Length)
            throw new ArgumentException($"There is room for {texts.Length} texts, and the tensor holds {Length}.", nameof(texts));
        if (Length == 0)
            return;

        var value = Hold();
        byte[]? content = null;
        var offsets = ArrayPool<nuint>.Shared.Rent(Length);
        try
        {
            nuint bytes;
            OrtApi.Check(OrtApi.GetStringTensorDataLength(value, &bytes));
            content = ArrayPool<byte>.Shared.Rent(checked((int)bytes) + 1);
            fixed (byte* first = content)
            fixed (nuint* starts = offsets)
                OrtApi.Check(OrtApi.GetStringTensorContent(value, first, bytes, starts, (nuint)Length));
            for (var i = 0; i < Length; i++)
            {
                var end = i + 1 < Length ? (int)offsets[i + 1] : (int)bytes;
                texts[i] = Encoding.UTF8.GetString(content.AsSpan((int)offsets[i]..end));
            }
        }
        finally
        {
            Release();
            ArrayPool<nuint>.Shared.Return(offsets);
            if (content is not null)
                ArrayPool<byte>.Shared.Return(content);
        }
    }

    private void CheckTexts()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (ElementType != OrtElementType.String)
            throw new InvalidOperationException($"This tensor holds {ElementType}, not text.");
    }
}
