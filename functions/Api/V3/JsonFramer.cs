using System.Buffers;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// Cuts concatenated JSON documents out of a stream: with white space between them, or none. It counts brackets and knows strings; whether what it cuts out is JSON, the
/// parser says. Each byte is looked at once, however the stream is cut into pieces.
/// </summary>
internal sealed class JsonFramer
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> InString = SearchValues.Create("\"\\"u8);

    private int _depth;
    private bool _isInString;
    private bool _isEscaped;

    /// <summary>Bytes of the document that is under way that were looked at already.</summary>
    public long Scanned { get; private set; }

    /// <summary>
    /// Takes white space, and one document if it is whole, off the front of <paramref name="buffer"/>. After <see cref="FrameStatus.Partial"/> it is called again with the
    /// same bytes and more.
    /// </summary>
    public FrameStatus TryTake(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> document)
    {
        document = default;
        if (Scanned == 0)
        {
            SkipWhiteSpace(ref buffer);
            if (buffer.IsEmpty)
                return FrameStatus.None;
            if (buffer.FirstSpan[0] is not ((byte)'{' or (byte)'['))
                return FrameStatus.Malformed;
        }

        foreach (var memory in buffer.Slice(Scanned))
        {
            var end = FindEnd(memory.Span);
            if (end < 0)
            {
                Scanned += memory.Length;
                continue;
            }

            document = buffer.Slice(0, Scanned + end);
            buffer = buffer.Slice(document.End);
            Scanned = 0;
            return FrameStatus.Document;
        }

        return FrameStatus.Partial;
    }

    private static void SkipWhiteSpace(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var span = buffer.FirstSpan;
            var first = span.IndexOfAnyExcept(" \t\r\n"u8);
            buffer = buffer.Slice(first < 0 ? span.Length : first);
            if (first >= 0)
                return;
        }
    }

    /// <summary>How many bytes of this piece belong to the document that ends in it; −1: none ends.</summary>
    private int FindEnd(ReadOnlySpan<byte> piece)
    {
        var at = 0;
        while (at < piece.Length)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
                at++;
                continue;
            }

            var next = piece[at..].IndexOfAny(_isInString ? InString : Structure);
            if (next < 0)
                return -1;
            at += next;
            if (Step(piece[at++]))
                return at;
        }

        return -1;
    }

    /// <summary>True where the document ends with this byte.</summary>
    private bool Step(byte found)
    {
        switch (found)
        {
            case (byte)'"':
                _isInString = !_isInString;
                return false;
            case (byte)'\\':
                _isEscaped = true;
                return false;
            case (byte)'{' or (byte)'[':
                _depth++;
                return false;
            default:
                return --_depth == 0;
        }
    }
}
