using System.Text;
using System.Text.Json;
using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>Bodies of calls on consumer instances: each is read, or refused with an error of the client's.</summary>
internal static class ConsumerTargets
{
    private const int Fixed = 200_000;
    private const int BytesPerByte = 200;

    private static readonly IReadOnlyList<byte[]> s_bodies =
    [
        .. new[]
        {
            """{"name":"n","format":"json","key.format":"text","auto.offset.reset":"earliest","auto.commit.enable":"false","fetch.min.bytes":"-1","session.timeout.ms":6000,"max.poll.records":9}""",
            """{"id":"i","enable.auto.commit":true,"requestWaitMs":"100","partition.assignment.strategy":["org.apache.kafka.clients.consumer.RangeAssignor"],"client.id":"c","isolation.level":"x"}""",
            """{"topics":["orders","a.b-c_d"]}""",
            """{"topic_pattern":"orders-(a|b)+.*"}""",
            """{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":"11"}]}""",
            """{"offsets":[{"topic":"orders","partition":0,"offset":41,"metadata":"note"}],"partitions":[{"topic":"t","partition":1,"offset":0}]}""",
            """{"offsets":[{"topic":"orders","partition":0,"offset":"7"}],"timestamps":[{"topic":"orders","partition":1,"timestamp":"2026-01-01T00:00:00Z","metadata":null}]}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } = [new("consumer-body", random => Read(random.Next(5), Mutator.Mutate(random, s_bodies)))];

    private static FuzzCase Read(int form, byte[] input) => new(Encoding.Latin1.GetString(input), Fixed + ((long)BytesPerByte * input.Length), () =>
    {
        var (body, error) = V2Body.Parse(input);
        using (body)
        {
            if (error is null)
                error = Read(form, body?.RootElement);
        }

        Promise.Holds(error is null or { Status: >= 400 and < 500 }, "an error is the client's");
    });

    private static ApiError? Read(int form, JsonElement? body) => form switch
    {
        0 => NewConsumerForm.Read(body, TimeSpan.FromMinutes(5)).Error,
        1 => SubscriptionForm.Read(body).Error,
        2 => SubscriptionEndpoints.ReadPlaces(body).Error,
        3 => CommitForm.Read(body).Error,
        _ => PositionsForm.Read(body).Error,
    };
}
