using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Proof.History.Workload;

/// <summary>Fetches without a consumer instance, one request each, which is given up after a while.</summary>
internal sealed class ReadClient(HttpClient http, TimeSpan timeout)
{
    private const int MaxBatchBytes = 64 * 1024 * 1024;

    /// <param name="position">The query's part that says where to begin: <c>offset=…</c> or <c>timestamp=…</c>.</param>
    /// <param name="from">Raw answers may begin before it.</param>
    /// <returns>Null: no answer.</returns>
    public async Task<ReadAnswer?> FetchAsync(Uri server, HistoryTarget target, string position, long from, TimeSpan wait, int maxBytes, ReadFormat format)
    {
        using var limit = new CancellationTokenSource(timeout + wait);
        var query = string.Create(CultureInfo.InvariantCulture, $"{target.Path}/records?{position}&timeout={(int)wait.TotalMilliseconds}&max_bytes={maxBytes}");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, query));
        request.Headers.Accept.ParseAdd(MediaTypeOf(format));
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var (records, next) = answer.IsSuccessStatusCode ? await ReadAsync(answer.Content, format, from, limit.Token) : ([], null);
            return new ReadAnswer((int)answer.StatusCode, Number(answer.Headers, "Log-Start-Offset"), Number(answer.Headers, "High-Watermark"), records) { Next = next };
        }
        catch (Exception e) when (ProduceAnswers.IsOfTheNetwork(e))
        {
            return null;
        }
    }

    private static string MediaTypeOf(ReadFormat format) => format switch
    {
        ReadFormat.Binary => "application/vnd.kafka.binary.v2+json",
        ReadFormat.Json => "application/vnd.kafka.json.v2+json",
        ReadFormat.Raw => "application/vnd.managedlog.recordbatch",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static async Task<(List<ReadRecord> Records, long? Next)> ReadAsync(HttpContent content, ReadFormat format, long from, CancellationToken cancellationToken)
    {
        if (format == ReadFormat.Raw)
            return Open(await content.ReadAsByteArrayAsync(cancellationToken), from);
        var records = await ReadJsonAsync(content, format, cancellationToken);
        return (records, records is [.., var last] ? last.Offset + 1 : null);
    }

    private static async Task<List<ReadRecord>> ReadJsonAsync(HttpContent content, ReadFormat format, CancellationToken cancellationToken) => format switch
    {
        ReadFormat.Binary => [.. (await content.ReadFromJsonAsync(RestJson.Default.FetchedRecordArray, cancellationToken))!
            .Select(static record => new ReadRecord(record.Offset, Payload.LabelOf(record.Key, record.Value is null ? null : (ReadOnlyMemory<byte>?)record.Value, record.Timestamp), record.Timestamp))],
        ReadFormat.Json => [.. (await content.ReadFromJsonAsync(RestJson.Default.TextRecordArray, cancellationToken))!.Select(static record =>
            new ReadRecord(record.Offset!.Value, Payload.LabelOf(Payload.Quoted(record.Key), QuotedValue(record), record.Timestamp!.Value), record.Timestamp!.Value))],
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static ReadOnlyMemory<byte>? QuotedValue(TextRecord record) => record.Value is null ? null : (ReadOnlyMemory<byte>?)Payload.Quoted(record.Value);

    /// <summary>What is damaged gets a label that nobody wrote.</summary>
    private static (List<ReadRecord> Records, long? Next) Open(ReadOnlyMemory<byte> batches, long from)
    {
        var records = new List<ReadRecord>();
        long? next = null;
        while (!batches.IsEmpty)
        {
            if (!RecordBatchReader.TryOpen(batches, MaxBatchBytes, out var reader, out var defect))
                return ([.. records, new ReadRecord(next ?? from, $"damaged:{defect}", 0)], next);
            while (reader.TryReadNext(out var record))
            {
                if (record.Offset >= from && !reader.Header.IsControl)
                    records.Add(new ReadRecord(record.Offset, Payload.LabelOf((record.Key ?? default).Span, record.Value, record.Timestamp), record.Timestamp));
            }

            if (reader.Defect != BatchDefect.None)
                records.Add(new ReadRecord(next ?? from, $"damaged:{reader.Defect}", 0));
            // Compaction may have left none of its last records.
            next = reader.Header.NextOffset;
            batches = batches[reader.Header.SizeInBytes..];
        }

        return (records, next);
    }

    private static long? Number(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? long.Parse(values.Single(), CultureInfo.InvariantCulture) : null;
}
