using System.Net.Http.Json;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.Searching;

/// <summary>Asks for one step of a search at a time.</summary>
internal sealed class SearchClient : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };

    public async Task<SearchAnswer> StepAsync(Uri url, SearchQuestion question, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync(url, question, RestJson.Default.SearchQuestion, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(RestJson.Default.SearchAnswer, cancellationToken))!;
    }

    public void Dispose() => _http.Dispose();
}
