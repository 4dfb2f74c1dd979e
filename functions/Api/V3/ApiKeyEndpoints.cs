using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Creates, lists and revokes API keys. The key itself is in the answer that creates it, and nowhere else.</summary>
internal sealed class ApiKeyEndpoints(LogEngine engine, Auditor auditor, TimeProvider time)
{
    private const string Path = "/api-keys";
    private const int MaxName = 200;
    private const int MaxScopes = 100;
    private const string NoSuchKey = "There is no API key with this prefix.";

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var keys = await engine.ListApiKeysAsync(context.RequestAborted);
        if (keys.IsRefused)
            await call.FailAsync(ErrorMapping.From(keys.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, WriteKeys, keys.Value);
    }

    public async Task CreateAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.CreateApiKeyBody);
        error ??= FindDefect(body!);
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        var (secret, prefix) = KeySecret.Draw();
        var hash = new byte[KeySecret.HashBytes];
        KeySecret.Hash(secret, hash);
        // As it is stored: times are kept in ms.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var key = new ApiKey(prefix, body!.Name!, hash, [.. body.Scopes!.Select(scope => scope!)], now, Caller.Of(context).Id, body.ExpiresAt, null) { Quota = ApiKeyQuotaForm.Read(body.Quota) };
        var created = await auditor.RunAsync(context, Change.CreateApiKey(key), () => engine.CreateApiKeyAsync(key, context.RequestAborted));
        if (created.IsRefused)
        {
            await call.FailAsync(ErrorMapping.From(created.Refusal));
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = call.Links.Of($"{Path}/{prefix}");
        await call.AnswerAsync(StatusCodes.Status201Created, WriteNew, (created.Value, secret));
    }

    public async Task RevokeAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var prefix = RouteParts.Get(context, "prefix");
        var revoked = await auditor.RunAsync(
            context, Change.RevokeApiKey(prefix), () => engine.RevokeApiKeyAsync(prefix, context.RequestAborted), static isThere => isThere ? null : NoSuchKey);
        if (revoked.IsRefused)
            await call.FailAsync(ErrorMapping.From(revoked.Refusal));
        else if (revoked.Value)
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await call.FailAsync(new ApiError(404, 404, NoSuchKey));
    }

    private ApiError? FindDefect(CreateApiKeyBody body)
    {
        if (body.Name is not { Length: > 0 and <= MaxName } name || name.Any(char.IsControl))
            return FormErrors.BadParameter($"name is text of 1 to {MaxName} characters that says what the key is for.");
        if (body.Scopes is not { Count: > 0 and <= MaxScopes } scopes)
            return FormErrors.BadParameter($"scopes is a list of 1 to {MaxScopes}, for instance [\"produce:topic:orders\", \"consume:topic:orders*\"]; a key without any could do nothing.");
        if (scopes.FindIndex(static scope => scope is null || !Scope.TryParse(scope, out _)) is >= 0 and var wrong)
            return FormErrors.BadParameter($"'{scopes[wrong]}' is no scope: produce, consume or manage, then :topic: or :group: and a name or the beginning of names with *, or manage:cluster.");
        return body.ExpiresAt <= time.GetUtcNow() ? FormErrors.BadParameter("expires_at is in the past.") : ApiKeyQuotaForm.FindDefect(body.Quota);
    }

    private static void WriteKeys(Utf8JsonWriter writer, V3Links links, IReadOnlyList<ApiKey> keys)
    {
        V3Links.WriteListBegin(writer, "ManagedLogApiKeyList", links.Of(Path));
        foreach (var key in keys)
            WriteKey(writer, links, key, null);
        V3Links.WriteListEnd(writer);
    }

    private static void WriteNew(Utf8JsonWriter writer, V3Links links, (ApiKey Key, string Secret) made) => WriteKey(writer, links, made.Key, made.Secret);

    private static void WriteKey(Utf8JsonWriter writer, V3Links links, ApiKey key, string? secret)
    {
        links.WriteBegin(writer, "ManagedLogApiKey", $"{Path}/{key.Prefix}", $"/api-key={key.Prefix}");
        writer.WriteString("prefix"u8, key.Prefix);
        writer.WriteString("name"u8, key.Name);
        if (secret is not null)
            writer.WriteString("key"u8, secret);
        writer.WriteStartArray("scopes"u8);
        foreach (var scope in key.Scopes)
            writer.WriteStringValue(scope);
        writer.WriteEndArray();
        writer.WriteString("created_at"u8, key.CreatedAt);
        writer.WriteString("created_by"u8, key.CreatedBy);
        WriteTime(writer, "expires_at"u8, key.ExpiresAt);
        WriteTime(writer, "last_used_at"u8, key.LastUsedAt);
        ApiKeyQuotaForm.Write(writer, key.Quota);
        writer.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } value)
            writer.WriteString(name, value);
        else
            writer.WriteNull(name);
    }
}
