using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

public class AuditTrailTests
{
    private static AuditRecord Record(HousekeepingInstance instance, string action, AuditOutcome outcome = AuditOutcome.Begun, string resource = "topic:t") =>
        instance.Engine.Audit.Begin(outcome, action, resource, "key:a", "10.0.0.1", null, "r", """{"a":[1]}""");

    private static async Task AppendAsync(HousekeepingInstance instance, AuditRecord record)
    {
        var appended = await instance.Engine.Audit.AppendAsync(record);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
    }

    private static async Task<AuditPage> ReadAsync(HousekeepingInstance instance, AuditQuery query)
    {
        var read = await instance.Engine.Audit.ReadAsync(query, default);
        Assert.False(read.IsRefused, read.Refusal?.ToString());
        return read.Value;
    }

    [Fact]
    public void Records_OfEveryInstance_AreReadBackAsTheyWere_ByOneThatHasSeenNothing() => HousekeepingWorld.Run(async world =>
    {
        HousekeepingInstance[] instances = [await world.StartAsync(), await world.StartAsync()];
        Assert.Empty((await ReadAsync(instances[0], new AuditQuery(10))).Records);
        var appended = new List<AuditRecord>();
        foreach (var instance in instances)
        {
            var begun = Record(instance, "topic.create");
            appended.AddRange([begun, instance.Engine.Audit.End(begun, AuditOutcome.Refused, "why")]);
        }

        // Both need the topic at once, and neither has it.
        await Task.WhenAll(AppendAsync(instances[0], appended[0]), AppendAsync(instances[1], appended[2]));
        await AppendAsync(instances[0], appended[1]);
        await AppendAsync(instances[1], appended[3]);

        var page = await ReadAsync(await world.StartAsync(), new AuditQuery(10));
        Assert.Null(page.Next);
        Assert.Equal([3L, 2L, 1L, 0L], page.Records.Select(record => record.Offset));
        Assert.Equal([.. appended.Skip(3), appended[1]], page.Records.Take(2).Select(record => record.Record));
        Assert.Equal(appended.ToHashSet(), page.Records.Select(record => record.Record).ToHashSet());
    });

    [Fact]
    public void Append_WhenTheReplyIsLost_StandsOnce_AndWhenTheRequestIsLost_Too() => HousekeepingWorld.Run(async world =>
    {
        foreach (var fault in new[] { Fault.LostReply, Fault.LostRequest })
        {
            var faults = new FaultScript();
            var instance = await world.StartAsync(faults);
            await AppendAsync(instance, Record(instance, "first"));
            var before = (await ReadAsync(instance, new AuditQuery(100))).Records.Count;
            faults.On(StorageVerb.Append, fault);
            await AppendAsync(instance, Record(instance, "second"));
            Assert.Equal(before + 1, (await ReadAsync(await world.StartAsync(), new AuditQuery(100))).Records.Count);
        }
    });

    [Fact]
    public void Append_WhenStorageRefuses_IsRefusedAndDoesNotStand() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var instance = await world.StartAsync(faults);
        faults.On(StorageVerb.CommitRows, Fault.Throttled, times: 1_000);
        var refused = await instance.Engine.Audit.AppendAsync(Record(instance, "first"));
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Refusal?.Code);
        Assert.Empty((await ReadAsync(await world.StartAsync(), new AuditQuery(100))).Records);
    });

    [Fact]
    public void Page_OfWhatIsRare_IsFoundInSteps_AndTheStepsMeet() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        for (var i = 0; i < 30; i++)
            await AppendAsync(instance, Record(instance, i % 10 == 3 ? "rare" : "frequent", AuditOutcome.Denied, $"topic:{i}"));
        var found = new List<long>();
        for (long? before = null; ;)
        {
            var page = await ReadAsync(instance, new AuditQuery(2, before, Action: "rare"));
            found.AddRange(page.Records.Select(record => record.Offset));
            if (page.Next is null)
                break;
            before = page.Next;
        }

        Assert.Equal([23L, 13L, 3L], found);
        Assert.Equal([17L], (await ReadAsync(instance, new AuditQuery(5, Resource: "topic:17"))).Records.Select(record => record.Offset));
        Assert.Equal([29L, 28L], (await ReadAsync(instance, new AuditQuery(2, Before: long.MaxValue, Action: "fr*"))).Records.Select(record => record.Offset));
        Assert.Empty((await ReadAsync(instance, new AuditQuery(2, Before: 0))).Records);
    });

    [Fact]
    public void Topic_KeepsAYear_AndSaysSoInItsConfigs() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        await AppendAsync(instance, Record(instance, "first"));
        var topic = (await instance.Engine.FindTopicAsync(AuditTrail.TopicName, default)).Value;
        Assert.Equal(
            ("31536000000", "2628000000", "0"),
            (Value(topic, TopicConfigDefinitions.RetentionMs), Value(topic, TopicConfigDefinitions.SegmentMs), Value(topic, TopicConfigDefinitions.LingerMs)));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await instance.Engine.DeleteTopicAsync(AuditTrail.TopicName, default)).Refusal?.Code);

        static string? Value(Topic topic, string name) => topic.Config.Entries.Single(entry => entry.Name == name).Value;
    });

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"v":2}""")]
    [InlineData("""{"v":1,"id":"x"}""")]
    [InlineData("no JSON")]
    public void Bytes_ThatAreNoRecord_AreNone(string text) => Assert.False(AuditRecord.TryDecode(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Record_IsDecodedAsItWasEncoded_WhateverItsOutcome_AndWithoutAnythingThatIsMissing()
    {
        foreach (var outcome in Enum.GetValues<AuditOutcome>())
        {
            var record = new AuditRecord(new Guid(1, 2, 3, new byte[8]), outcome, 5, "a", "r\"\n", "p", null, "f", "i", Guid.Empty, "{}") { Error = "e" };
            Assert.True(AuditRecord.TryDecode(record.Encode(), out var read));
            Assert.Equal(record, read);
        }

        var text = Encoding.UTF8.GetString(new AuditRecord(Guid.Empty, AuditOutcome.Done, 5, "a", "r", "p", null, null, "i", Guid.Empty, "{}").Encode());
        foreach (var name in new[] { "outcome", "time", "action", "principal", "details", "error" })
            Assert.False(AuditRecord.TryDecode(Encoding.UTF8.GetBytes(text.Replace($"\"{name}\"", "\"other\"", StringComparison.Ordinal)), out _), name);
    }
}
