using System.Buffers.Binary;
using System.IO.Compression;

namespace ManagedLog.Functions.Api.Http;

/// <summary>
/// A request body that came with <c>Content-Encoding: gzip</c>, as it was before: one gzip member. Limits count what comes out, so a small body cannot become a large one
/// unnoticed.
/// </summary>
internal sealed class CompressedBody : ForwardStream
{
    /// <summary>Header, no data, CRC and length, in bytes.</summary>
    private const int SmallestMember = 18;

    private readonly TailStream _compressed;
    private readonly GZipStream _inner;
    private uint _length;

    private CompressedBody(Stream compressed)
    {
        _compressed = new TailStream(compressed);
        _inner = new GZipStream(_compressed, CompressionMode.Decompress);
    }

    public static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding is not [{ } encoding] || encoding.ToLowerInvariant() is not ("gzip" or "x-gzip"))
        {
            await next(context);
            return;
        }

        await using var body = new CompressedBody(request.Body);
        request.Body = body;
        request.Headers.ContentEncoding = default;
        request.Headers.ContentLength = null;
        await next(context);
    }

    /// <summary>Throws <see cref="BadHttpRequestException"/> where the body is not gzip, or ends too early.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await _inner.ReadAsync(buffer, cancellationToken);
            _length += (uint)count;

            // A body that is cut off is no error to the decompressor. A member ends with its length modulo 2^32 (RFC 1952), and so must what came.
            if (count == 0 && buffer.Length > 0 && (_compressed.Length < SmallestMember || _length != BinaryPrimitives.ReadUInt32LittleEndian(_compressed.Tail)))
                throw new InvalidDataException("it ends within its gzip member, or holds more than one.");
            return count;
        }
        catch (InvalidDataException exception)
        {
            throw new BadHttpRequestException("The body is not what its Content-Encoding says: " + exception.Message, StatusCodes.Status400BadRequest, exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Remembers the last four bytes that were read.</summary>
    private sealed class TailStream(Stream inner) : ForwardStream
    {
        private readonly byte[] _tail = new byte[4];
        private long _length;

        /// <summary>How many bytes were read.</summary>
        public override long Length => _length;

        public ReadOnlySpan<byte> Tail => _tail;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            _length += count;
            Remember(buffer.Span[..count]);
            return count;
        }

        private void Remember(ReadOnlySpan<byte> read)
        {
            var kept = Math.Max(0, _tail.Length - read.Length);
            _tail.AsSpan(_tail.Length - kept).CopyTo(_tail);
            read[Math.Max(0, read.Length - _tail.Length)..].CopyTo(_tail.AsSpan(kept));
        }
    }
}
