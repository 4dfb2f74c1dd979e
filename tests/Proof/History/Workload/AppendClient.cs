using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ManagedLog.Proof.Rest;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Proof.History.Workload;

/// <summary>Every way to append over HTTP, one request each, which is given up after a while: then its outcome is unknown.</summary>
internal sealed class AppendClient(HttpClient http, string clusterId, TimeSpan timeout)
{
    private const string BinaryFormat = "application/vnd.kafka.binary.v2+json";
    private const string JsonFormat = "application/vnd.kafka.json.v2+json";
    private const string RawFormat = "application/vnd.managedlog.recordbatch";
    private const int Appended = 200;

    public Task<ProduceResult> PostBinaryAsync(Uri server, HistoryTarget target, IReadOnlyList<Payload> records, params (string Name, string Value)[] headers)
    {
        var body = new ProduceRequest([.. records.Select(static record => new ProduceRecord(record.KeyBytes, record.ValueBytes) { Timestamp = record.Timestamp })]);
        return PostAsync(new Uri(server, target.Path), JsonSerializer.SerializeToUtf8Bytes(body, RestJson.Default.ProduceRequest), BinaryFormat, headers);
    }

    public Task<ProduceResult> PostJsonAsync(Uri server, HistoryTarget target, IReadOnlyList<Payload> records, params (string Name, string Value)[] headers)
    {
        var body = new TextProduceRequest([.. records.Select(static record => new TextRecord(record.Key, record.Value) { Timestamp = record.Timestamp })]);
        return PostAsync(new Uri(server, target.Path), JsonSerializer.SerializeToUtf8Bytes(body, RestJson.Default.TextProduceRequest), JsonFormat, headers);
    }

    /// <summary>All records in one batch, which carries the producer's number itself where there is one.</summary>
    public async Task<ProduceResult> PostRawAsync(Uri server, HistoryTarget target, IReadOnlyList<Payload> records, BatchIdentity? identity = null)
    {
        var builder = new RecordBatchBuilder();
        foreach (var record in records)
            builder.Add(record.Timestamp ?? TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), record.KeyBytes, record.ValueBytes, []);
        var batch = builder.Build();
        if (identity is { } numbered)
        {
            RecordBatchPatch.SetIdentity(batch.Span, numbered);
            RecordBatchPatch.SealCrc(batch.Span);
        }

        var result = await PostAsync(new Uri(server, target.Path), batch.ToArray(), RawFormat);
        // The answer has the batch's first offset only.
        return result.Outcome == ProduceOutcome.Acknowledged
            ? result with { Offsets = [.. Enumerable.Range(0, records.Count).Select(index => result.Offsets[0] + index)] }
            : result;
    }

    /// <summary>Sends records one after another in one stream.</summary>
    /// <returns>The result of each, as far as reports came, in order; of those without report nothing is known.</returns>
    public async Task<List<ProduceResult>> StreamAsync(Uri server, HistoryTarget target, IReadOnlyList<Payload> records)
    {
        var results = new List<ProduceResult>();
        using var limit = new CancellationTokenSource(timeout);
        using var body = new MemoryStream();
        foreach (var record in records)
        {
            var document = new StreamedRecord(target.Partition, new StreamedPart("JSON", record.Key), new StreamedPart("JSON", record.Value))
            {
                Timestamp = record.Timestamp is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : null,
            };
            await JsonSerializer.SerializeAsync(body, document, RestJson.Default.StreamedRecord, limit.Token);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/v3/clusters/{clusterId}/topics/{target.Topic}/records"));
        request.Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!answer.IsSuccessStatusCode)
            {
                var refusal = ProduceAnswers.Judge((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync(RestJson.Default.ErrorAnswer, limit.Token));
                return [.. records.Select(_ => refusal)];
            }

            using var reports = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
            while (results.Count < records.Count && await reports.ReadLineAsync(limit.Token) is { } line)
                results.Add(Judge(JsonSerializer.Deserialize(line, RestJson.Default.StreamedReport)!));
        }
        catch (Exception e) when (ProduceAnswers.IsOfTheNetwork(e))
        {
            // Those that were reported before it broke stand or do not, as the reports say.
            var rest = ProduceAnswers.Judge(e);
            results.AddRange(records.Skip(results.Count).Select(_ => rest));
        }

        return results;
    }

    /// <summary>A producer id, or null if it could not be had.</summary>
    public async Task<ProducerIdentity?> NewProducerAsync(Uri server)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            using var answer = await http.PostAsync(new Uri(server, $"/v3/clusters/{clusterId}/producers"), null, limit.Token);
            if (!answer.IsSuccessStatusCode)
                return null;
            var producer = await answer.Content.ReadFromJsonAsync(RestJson.Default.NewProducer, limit.Token);
            return new ProducerIdentity(producer!.ProducerId, producer.ProducerEpoch);
        }
        catch (Exception e) when (ProduceAnswers.IsOfTheNetwork(e))
        {
            return null;
        }
    }

    public static (string Name, string Value)[] HeadersOf(BatchIdentity identity) =>
    [
        ("Producer-Id", Text(identity.Producer.Id)),
        ("Producer-Epoch", Text(identity.Producer.Epoch)),
        ("Producer-Sequence", Text(identity.BaseSequence)),
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The code of a report is a status, or a status and two digits more.</summary>
    private static ProduceResult Judge(StreamedReport report) => report is { ErrorCode: Appended, Offset: { } offset }
        ? ProduceResult.Acknowledged([offset])
        : ProduceAnswers.Judge(StatusOf(report.ErrorCode), new ErrorAnswer(report.ErrorCode, report.Message));

    /// <summary>Codes of five digits begin with the status, but for the one that says "not now".</summary>
    private static int StatusOf(int code) => code switch
    {
        50003 => 503,
        > 999 => code / 100,
        _ => code,
    };

    private async Task<ProduceResult> PostAsync(Uri url, byte[] body, string format, params (string Name, string Value)[] headers)
    {
        using var limit = new CancellationTokenSource(timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(format);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await ProduceAnswers.AwaitAsync(() => http.SendAsync(request, limit.Token), limit.Token);
    }
}
