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

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };

    public async Task<string> ClusterIdAsync(Uri server, CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync(new Uri(server, "/v3/clusters"), RestJson.Default.ClusterList, cancellationToken))!.Data[0].ClusterId;

    public async Task CreateTopicAsync(
        Uri server, string topic, int partitions, CancellationToken cancellationToken, params IReadOnlyList<TopicSetting> configs)
    {
        var url = new Uri(server, $"/v3/clusters/{await ClusterIdAsync(server, cancellationToken)}/topics");
        using var answer = await _http.PostAsJsonAsync(url, new NewTopic(topic, partitions, configs), RestJson.Default.NewTopic, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Writes records to one partition. The token is looked at before the request is sent; a request that was sent is waited for.</summary>
    public async Task<ProduceResult> ProduceAsync(
        Uri server, string topic, int partition, IReadOnlyList<ProduceRecord> records, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new ProduceRequest(records), RestJson.Default.ProduceRequest));
        body.Headers.ContentType = new MediaTypeHeaderValue(BinaryFormat);
        var url = new Uri(server, $"/topics/{topic}/partitions/{partition}");
        return await ProduceAnswers.AwaitAsync(() => _http.PostAsync(url, body, CancellationToken.None), CancellationToken.None);
    }

    /// <summary>Writes records to the partitions of their keys and answers where each stands.</summary>
    /// <exception cref="ProofFailedException">Not all were acknowledged.</exception>
    public async Task<IReadOnlyList<(int Partition, long Offset)>> ProduceToTopicAsync(
        Uri server, string topic, IReadOnlyList<ProduceRecord> records, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new ProduceRequest(records), RestJson.Default.ProduceRequest));
        body.Headers.ContentType = new MediaTypeHeaderValue(BinaryFormat);
        using var answer = await _http.PostAsync(new Uri(server, $"/topics/{topic}"), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var produced = (await answer.Content.ReadFromJsonAsync(RestJson.Default.ProduceAnswer, cancellationToken))!;
        return produced.Offsets.FirstOrDefault(static offset => offset.Offset is null) is { } refused
            ? throw new ProofFailedException($"Not acknowledged: {refused.ErrorCode}: {refused.Error}")
            : [.. produced.Offsets.Select(static offset => (offset.Partition ?? -1, offset.Offset!.Value))];
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
}
