using System.Buffers;
using System.Text;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Api.Raw;
using ManagedLog.Functions.Api.V2;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>Bodies of produce requests: raw batches, JSON of v2, documents of v3.</summary>
internal static class BodyTargets
{
    /// <summary>Scratch, plan and the first buffer of a batch, for each partition that a body names.</summary>
    private const int JsonFixed = 400_000;
    private const int JsonBytesPerByte = 200;

    private static readonly Topic s_topic = new("fuzzed", new TopicId(new Guid(1, 2, 3, new byte[8])), 4, TopicConfig.Default, DateTimeOffset.UnixEpoch);

    private static readonly IReadOnlyList<byte[]> s_raw = [.. Corpus.Batches.Chunk(2).Select(pair => pair.SelectMany(batch => batch).ToArray()).Where(body => body.Length < 5000)];

    private static readonly IReadOnlyList<byte[]> s_v2 = Bodies(
        """{"records":[{"key":{"a":[1,2,null]},"value":"text","partition":1,"timestamp":1700000000000,"headers":[{"key":"h","value":"eA=="},{"key":"i","value":null}]},{"value":-1.5e300}]}""",
        """{"key_schema":null,"records":[{"value":null},{"value":true,"key":"\u00e9\ud83d\ude00"},{"value":[[[[]]]]},{"partition":9,"value":{}}],"value_schema_id":null}""",
        """{"records":[{"key":"a2V5","value":"dmFsdWU="},{"value":"","timestamp":0},{"value":"////"}]}""");

    private static readonly IReadOnlyList<byte[]> s_v3 = Bodies(
        """{"partition_id":2,"headers":[{"name":"h","value":"eA=="}],"key":{"type":"BINARY","data":"a2V5"},"value":{"type":"JSON","data":{"a":[1,"b"]}},"timestamp":"2026-01-01T00:00:00Z"}{"value":{"type":"STRING","data":"\u00e9"}}""",
        """{"value":{"type":"JSON","data":null}} {"key":{"type":"STRING","data":"k"},"value":null,"timestamp":"1970-01-01T00:00:00.001Z"}""");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("raw-produce", random => Raw(Mutator.Mutate(random, s_raw))),
        new("raw-produce-resealed", random => Raw(Repair.Batch(Mutator.Mutate(random, Corpus.Batches)))),
        new("v2-body", random => V2(random, Mutator.Mutate(random, s_v2))),
        new("v3-body", random => V3(Mutator.Mutate(random, s_v3))),
    ];

    private static IReadOnlyList<byte[]> Bodies(params string[] bodies) => [.. bodies.Select(Encoding.UTF8.GetBytes)];

    /// <summary>As the endpoint does it: what is split is what the engine checks again.</summary>
    private static FuzzCase Raw(byte[] input)
    {
        // A batch may become as large as the largest that a client may send, and its headers nineteen times that; the inputs' own bombs make a megabyte.
        var most = 60L * 1024 * 1024;
        return new FuzzCase(Convert.ToHexString(input), most, () =>
        {
            if (RawBatches.Split(input, out var batches) is not null)
                return;
            Promise.Holds(batches.Sum(batch => batch.Length) == input.Length, "what was split is all of it");
            AppendValidation.Check(new AppendRequest(batches), TopicConfig.Default, DateTimeOffset.UnixEpoch.AddYears(60), "fuzzed", out var headers);
            Promise.Holds(headers.Length == batches.Count, "each batch has its header");
        });
    }

    private static FuzzCase V2(Random random, byte[] input)
    {
        var format = (EmbeddedFormat)random.Next(3);
        return new FuzzCase(Encoding.Latin1.GetString(input), JsonFixed + ((long)JsonBytesPerByte * input.Length), () =>
        {
            var plan = new AppendPlan(s_topic, 0.5, 1_700_000_000_000);
            if (new ProduceForm(format, plan, null).Read(input) is not null)
                return;
            Promise.Holds(plan.Records.Count > 0, "a good body has a record");
            foreach (var batches in plan.Batches.Values)
            {
                foreach (var batch in batches.Build())
                    Promise.Holds(RecordBatchCheck.Check(batch.Span, out _) == BatchDefect.None, "what is planned is a sound batch");
            }
        });
    }

    private static FuzzCase V3(byte[] input) => new(Encoding.Latin1.GetString(input), JsonFixed + ((long)JsonBytesPerByte * input.Length), () =>
    {
        var framer = new JsonFramer();
        var form = new RecordForm();
        var rest = new ReadOnlySequence<byte>(input);
        while (framer.TryTake(ref rest, out var document) == FrameStatus.Document)
        {
            Promise.Holds(document.Length > 0, "a document has bytes");
            try
            {
                form.Read(document.First, 1_700_000_000_000);
            }
            catch (JsonException)
            {
                // No JSON: how the form says so.
            }
        }
    });
}
