using System.Text;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Benchmarks.Running;

/// <summary>What is sent: text that looks like something, so that nobody can win by compressing zeros.</summary>
internal static class Payloads
{
    public const int Megabyte = 1024 * 1024;

    /// <summary>Of all records: retention judges them by it.</summary>
    private static readonly long s_now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public const string RawType = "Content-Type: application/vnd.managedlog.recordbatch";
    public const string RawAccept = "Accept: application/vnd.managedlog.recordbatch";
    public const string JsonType = "Content-Type: application/vnd.kafka.json.v2+json";

    /// <summary>Printable characters that need no escape, the same each time.</summary>
    public static byte[] Text(int bytes)
    {
        var random = new Random(bytes);
        return [.. Enumerable.Range(0, bytes).Select(_ => (byte)('a' + random.Next(26)))];
    }

    /// <summary>One batch of records of 1 KiB, as large as fits in a megabyte, without a producer.</summary>
    public static byte[] Batch(int recordBytes = 1024, int batchBytes = Megabyte)
    {
        var builder = new RecordBatchBuilder();
        var value = Text(recordBytes);
        var size = RecordBatchBuilder.SizeOf(null, value, []);
        while (builder.SizeInBytes + size <= batchBytes)
            builder.Add(s_now, null, value, []);
        return builder.Build().ToArray();
    }

    /// <summary>The body of a v2 produce of some JSON records, each with a value of about so many bytes.</summary>
    public static byte[] JsonBody(int records, int valueBytes)
    {
        var value = "{\"text\":\"" + Encoding.ASCII.GetString(Text(Math.Max(1, valueBytes - 11))) + "\"}";
        return Encoding.ASCII.GetBytes("{\"records\":[" + string.Join(',', Enumerable.Repeat("{\"value\":" + value + "}", records)) + "]}");
    }
}
