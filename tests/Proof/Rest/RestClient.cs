using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace ManagedLog.Proof.Rest;

/// <summary>
/// The calls of the public interface that the proofs need, one request each and without retries, so that a proof knows what was acknowledged.
/// </summary>
internal sealed class RestClient : IDisposable
{
    private const string BinaryFormat = "application/vnd.kafka.binary.v2+json";

    /// <summary>The error code for an append whose outcome nobody knows.</summary>
    private const int OutcomeUnknown = 50401;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };

    public async Task CreateTopicAsync(Uri server, string topic, int partitions, CancellationToken cancellationToken)
    {
        var clusters = await _http.GetFromJsonAsync(new Uri(server, "/v3/clusters"), RestJson.Default.ClusterList, cancellationToken);
        var url = new Uri(server, $"/v3/clusters/{clusters!.Data[0].ClusterId}/topics");
        using var answer = await _http.PostAsJsonAsync(url, new NewTopic(topic, partitions), RestJson.Default.NewTopic, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Writes records to one partition. The token is looked at before the request is sent; a request that was sent is waited for.</summary>
    public async Task<ProduceResult> ProduceAsync(
        Uri server, string topic, int partition, IReadOnlyList<ProduceRecord> records, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new ProduceRequest(records), RestJson.Default.ProduceRequest));
        body.Headers.ContentType = new MediaTypeHeaderValue(BinaryFormat);
        try
        {
            using var answer = await _http.PostAsync(new Uri(server, $"/topics/{topic}/partitions/{partition}"), body, CancellationToken.None);
            return answer.IsSuccessStatusCode
                ? Judge(await answer.Content.ReadFromJsonAsync(RestJson.Default.ProduceAnswer, CancellationToken.None))
                : Judge(answer.StatusCode, await answer.Content.ReadFromJsonAsync(RestJson.Default.ErrorAnswer, CancellationToken.None));
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            // No connection was made, so nothing was sent.
            return ProduceResult.Refused(e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException)
        {
            return ProduceResult.Unknown(e.Message);
        }
    }

    /// <summary>Reads some records of one partition from an offset on; at least one when there is one.</summary>
    public async Task<FetchedRecord[]> FetchAsync(Uri server, string topic, int partition, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(server, $"/topics/{topic}/partitions/{partition}/records?offset={offset}&max_bytes={maxBytes}"));
        request.Headers.Accept.ParseAdd(BinaryFormat);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(RestJson.Default.FetchedRecordArray, cancellationToken))!;
    }

    public async Task<PartitionEnds> EndsAsync(Uri server, string topic, int partition, CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync(new Uri(server, $"/topics/{topic}/partitions/{partition}/offsets"), RestJson.Default.PartitionEnds, cancellationToken))!;

    public void Dispose() => _http.Dispose();

    private static ProduceResult Judge(ProduceAnswer? answer)
    {
        if (answer!.Offsets.All(static record => record.Offset is not null))
            return ProduceResult.Acknowledged([.. answer.Offsets.Select(static record => record.Offset!.Value)]);
        // All records of one request go to one partition, but if only some were appended, nobody should rely on the others' reasons.
        var first = answer.Offsets.First(static record => record.Offset is null);
        var reason = $"{first.ErrorCode}: {first.Error}";
        return answer.Offsets.Any(static record => record.Offset is not null) || first.ErrorCode == OutcomeUnknown
            ? ProduceResult.Unknown(reason)
            : ProduceResult.Refused(reason);
    }

    private static ProduceResult Judge(HttpStatusCode status, ErrorAnswer? answer)
    {
        var reason = $"HTTP {(int)status}, {answer!.ErrorCode}: {answer.Message}";
        // A refusal of the request, or "not now, try again": nothing was appended.
        var appendedNothing = (int)status < 500 || status == HttpStatusCode.ServiceUnavailable;
        return appendedNothing ? ProduceResult.Refused(reason) : ProduceResult.Unknown(reason);
    }
}
