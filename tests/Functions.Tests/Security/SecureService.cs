using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Security;

/// <summary>A service as it is in production, over storage in memory: everybody needs credentials. The test's own requests come with the key of the configuration.</summary>
internal sealed class SecureService : IAsyncDisposable
{
    public const string AdminKey = "mlk_admin_0123456789abcdef0123456789abcdef0123456789abcdef";

    private SecureService(TestService service) => Service = service;

    public TestService Service { get; }

    public static string AdminKeyHash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(AdminKey)));

    public static async Task<SecureService> StartAsync(IStorageBackend? storage = null, TimeProvider? time = null, params string[] settings)
    {
        var service = new TestService(storage ?? new InMemoryBackend(time ?? TimeProvider.System), time ?? TimeProvider.System, ["--environment", "Production", .. settings]) { Key = AdminKey };
        await service.InitializeAsync();
        return new SecureService(service);
    }

    /// <summary>A new key, as it is told.</summary>
    public async Task<string> KeyAsync(params string[] scopes) => (string)(await NewKeyAsync(null, scopes))["key"]!;

    public async Task<JsonNode> NewKeyAsync(DateTimeOffset? expiresAt, params string[] scopes)
    {
        return await NewKeyAsync(new JsonObject { ["name"] = "test", ["scopes"] = new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]), ["expires_at"] = expiresAt });
    }

    public async Task<JsonNode> NewKeyAsync(JsonObject body)
    {
        using var answer = await Service.SendAsync(HttpMethod.Post, Service.V3("/api-keys"), body.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 201, text);
        return JsonNode.Parse(text)!;
    }

    public async Task RevokeAsync(string key)
    {
        using var answer = await Service.SendAsync(HttpMethod.Delete, Service.V3($"/api-keys/{key.Split('_')[1]}"));
        Assert.Equal(204, (int)answer.StatusCode);
    }

    /// <summary>Sends with these credentials and no others.</summary>
    public Task<HttpResponseMessage> SendAsync(string? authorization, string method, string path, string? body = null, string type = "application/json", string? accept = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Service.Address, path));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Service.DisposeAsync();
    }

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(1) };
}
