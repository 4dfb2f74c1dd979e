using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;

namespace ManagedLog.Functions.Api.Http;

/// <summary>
/// Which answers are compressed for clients that take gzip: JSON that is asked for with GET. Never a stream, whose parts are to arrive when they are sent; and not the
/// batches as they are stored, which are as their producer compressed them.
/// </summary>
internal static class WholeAnswers
{
    public static bool MayBeCompressed(HttpContext context) => HttpMethods.IsGet(context.Request.Method);

    public static void Configure(ResponseCompressionOptions options)
    {
        options.EnableForHttps = true;
        options.Providers.Add(new GzipCompressionProvider(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest }));
        options.MimeTypes = [MediaTypes.Json, MediaTypes.V2, MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2, "text/html"];
    }
}
