using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Raw;

/// <summary>Fetched batches as they are stored, back to back. The first may begin before the offset that was asked for: batches are not cut.</summary>
internal static class RawAnswer
{
    public static async Task WriteAsync(HttpContext context, IReadOnlyList<ReadOnlyMemory<byte>> batches)
    {
        context.Response.ContentType = MediaTypes.RecordBatch;
        context.Response.ContentLength = batches.Sum(batch => (long)batch.Length);
        foreach (var batch in batches)
        {
            if ((await context.Response.BodyWriter.WriteAsync(batch, context.RequestAborted)).IsCompleted)
                return;
        }
    }
}
