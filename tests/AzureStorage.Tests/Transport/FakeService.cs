using Azure.Core;
using Azure.Core.Pipeline;
using ManagedLog.Testing;

namespace ManagedLog.AzureStorage.Tests.Transport;

/// <summary>A backend whose service is a script.</summary>
internal sealed class FakeService(ScriptedHandler handler) : IDisposable
{
    public const string AccountKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private readonly HttpClient _client = new(handler);

    public FakeService(Func<HttpResponseMessage> answer)
        : this(new ScriptedHandler(answer))
    {
    }

    public ManualTimeProvider Time { get; } = new();

    public IReadOnlyList<SentRequest> Requests => handler.Requests;

    public AzureStorageBackend Backend => With(new AzureStorageOptions { ConnectionString = $"AccountName=account;AccountKey={AccountKey}", Container = "logs" });

    public AzureStorageBackend With(AzureStorageOptions options, TokenCredential? credential = null) =>
        new(options, Time, credential, new HttpClientTransport(_client));

    public void Dispose() => _client.Dispose();
}
