using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary><c>/openapi/v1.json</c> for programs and <c>/openapi</c> for readers. Both need no storage.</summary>
internal sealed class OpenApiEndpoints(EngineStart start, LogEngine engine)
{
    private const string Html = "text/html; charset=utf-8";

    private static readonly JsonSerializerOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    private string? Cluster => start.IsStarted ? engine.ClusterId : null;

    public Task DocumentAsync(HttpContext context)
    {
        if (AcceptHeader.Choose(context.Request.Headers.Accept, MediaTypes.V3Answers) is null)
            return Answer.ErrorAsync(context, FormErrors.NotAcceptable(context.Request.Headers.Accept.ToString(), MediaTypes.V3Answers));
        var document = OpenApiDocument.Make(PublicUrl.Of(context.Request), Cluster).ToJsonString(Writing);
        return Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, Encoding.UTF8.GetBytes(document));
    }

    public Task PageAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var page = new OpenApiPage(PublicUrl.Of(context.Request), Cluster ?? "CLUSTER").Write();
        return Answer.WriteAsync(context, StatusCodes.Status200OK, Html, Encoding.UTF8.GetBytes(page));
    }
}
