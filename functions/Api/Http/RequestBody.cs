using System.Buffers;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Http;

/// <summary>A whole request body in one piece of pooled memory, valid until disposed. It counts as held until the request is over, because what is made of it lives on.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstCapacity = 4096;

    /// <summary>Beyond this, memory is taken as bytes come and not as they are announced.</summary>
    private const int MostFirstCapacity = 64 * 1024;

    private byte[] _bytes;

    private RequestBody(int capacity) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, Length);

    /// <summary>
    /// Reads to the end; null when the body is larger than <paramref name="limit"/> bytes. Throws what the server throws when the client goes away
    /// or breaks off, so that a body is never taken for whole when it is not, and <see cref="RequestRefusedException"/> where all bodies together have no room for it.
    /// </summary>
    public static async ValueTask<RequestBody?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        var body = new RequestBody((int)Math.Clamp(request.ContentLength ?? FirstCapacity, 1, MostFirstCapacity));
        try
        {
            if (await body.FillAsync(request, limit, cancellationToken))
                return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }

        body.Dispose();
        return null;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private async ValueTask<bool> FillAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var use = RequestUse.Of(request.HttpContext);
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (Length + buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(buffer.End);
                return false;
            }

            if (use?.Hold(buffer.Length) is { } excess)
                throw new RequestRefusedException(excess);
            use?.CameIn(buffer.Length);
            Append(buffer);
            request.BodyReader.AdvanceTo(buffer.End);
            if (read.IsCompleted)
                return true;
        }
    }

    private void Append(in ReadOnlySequence<byte> buffer)
    {
        var length = Length + (int)buffer.Length;
        if (length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, _bytes.Length * 2));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        buffer.CopyTo(_bytes.AsSpan(Length));
        Length = length;
    }
}
