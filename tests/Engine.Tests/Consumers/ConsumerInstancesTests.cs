using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Consumers;

public sealed class ConsumerInstancesTests
{
    private static readonly GroupId s_group = GroupId.TryParse("g", out var group) ? group : default;
    private static readonly MemberId s_id = MemberId.TryParse("i", out var id) ? id : default;

    [Fact]
    public void Instance_WhenReadByOneWhoHasSeenNothing_IsAsItWasStored() => Run(async fixture =>
    {
        var settings = new ConsumerSettings("json", "text", StartsAtEarliest: true, AutoCommit: true, TimeSpan.FromSeconds(7))
        {
            AutoCommitInterval = TimeSpan.FromSeconds(3), MinBytes = -1, RequestTimeout = TimeSpan.FromSeconds(2), MaxRecords = 9, Assignor = "range", ClientId = "c",
        };
        foreach (var instance in new[]
        {
            new ConsumerInstance(s_group, s_id, settings).Subscribe(["a", "b"], null) with { MemberEpoch = 77, JoinClaim = "c", HeartbeatAt = 5, CommittedAt = 6, Turn = 4 },
            new ConsumerInstance(s_group, s_id, settings with { KeyFormat = null, RequestTimeout = null, Assignor = null }).Subscribe([], "a.*"),
            new ConsumerInstance(s_group, s_id, settings).WithPositions(Enumerable.Range(0, 1000).Select(i => i % 3 == 0
                ? new ConsumerPosition("topic-with-a-longer-name", i)
                : new ConsumerPosition("t", i, new TopicId(new Guid(i, 0, 0, new byte[8])), i * 1_000_000_000L, i % 3 == 1 ? null : i))) with { Mode = ConsumerMode.Assigned },
        })
        {
            var stored = Accepted(await Instances(fixture).CreateAsync(instance, default))!;
            var read = Accepted(await Another(fixture).FindAsync(s_group, s_id))!.Instance;
            Assert.Equal(instance with { Topics = [], Positions = [] }, read with { Topics = [], Positions = [] });
            Assert.Equal(instance.Topics, read.Topics);
            Assert.Equal(instance.Positions, read.Positions);
            Assert.True(Accepted(await Instances(fixture).DeleteAsync(stored, default)));
        }
    });

    [Theory]
    [InlineData("Mode", "asleep")]
    [InlineData("Reset", "none")]
    [InlineData("Positions", "t 0 - 5")]
    [InlineData("Positions", "t zero - 5 -")]
    [InlineData("Positions", "t 0 - -5 -")]
    [InlineData("Format", 2)]
    [InlineData("MaxRecords", 0)]
    [InlineData("AutoCommit", "true")]
    public void Row_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, object value)
    {
        var properties = new ConsumerInstanceRow(NewInstance(), ["w"]).Encode();
        properties[name] = RowValue.From(value);
        var row = new Row(new RowAddress("g", "instance-i"), properties, new ETag("1"), default, default);
        Assert.Contains(name == "Format" ? "format" : name, Assert.Throws<InvalidDataException>(() => ConsumerInstanceRow.Decode(row, s_group, s_id)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OfAnIdThatExists_MakesNone() => Run(async fixture =>
    {
        Assert.NotNull(Accepted(await Instances(fixture).CreateAsync(NewInstance(), default)));
        Assert.Null(Accepted(await Another(fixture).CreateAsync(NewInstance(), default)));
    });

    [Fact]
    public void Replace_UnderAStateThatIsNoLongerThere_DoesNothing() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var first = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        var second = Accepted(await Another(fixture).ReplaceAsync(first, first.Instance with { Turn = 1 }, default))!;
        Assert.Null(Accepted(await instances.ReplaceAsync(first, first.Instance with { Turn = 9 }, default)));
        Assert.False(Accepted(await instances.DeleteAsync(first, default)));
        Assert.Equal(1, Accepted(await instances.FindAsync(s_group, s_id))!.Instance.Turn);
        Assert.True(Accepted(await instances.DeleteAsync(second, default)));
        Assert.Null(Accepted(await instances.ReplaceAsync(second, second.Instance, default)));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Calls_WhenOneIsLost_AreSettled(bool reply) => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var fault = reply ? Fault.LostReply : Fault.LostRequest;
        fixture.Faults.On(StorageVerb.CommitRows, fault);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        fixture.Faults.On(StorageVerb.CommitRows, fault);
        var replaced = Accepted(await instances.ReplaceAsync(created, created.Instance with { Turn = 5 }, default))!;
        Assert.Equal(5, replaced.Instance.Turn);
        Assert.Equal(5, Accepted(await Another(fixture).FindAsync(s_group, s_id))!.Instance.Turn);
        fixture.Faults.On(StorageVerb.CommitRows, fault);
        Assert.True(Accepted(await instances.DeleteAsync(replaced, default)));
        Assert.Null(Accepted(await Another(fixture).FindAsync(s_group, s_id)));
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Replace_WhoseReplyIsLost_AndBehindWhichOthersHaveWritten_HasCounted() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostReply);
        fixture.Faults.On(call => call.Verb == StorageVerb.CommitRows, Fault.Before(async () =>
        {
            var other = Another(fixture);
            for (var i = 0; i < ConsumerInstanceRow.KeptWrites - 1; i++)
            {
                var now = Accepted(await other.FindAsync(s_group, s_id))!;
                Assert.NotNull(Accepted(await other.ReplaceAsync(now, now.Instance with { Turn = now.Instance.Turn + 1 }, default)));
            }
        }), occurrence: 2);
        var replaced = Accepted(await instances.ReplaceAsync(created, created.Instance with { Turn = 5 }, default));
        Assert.Equal(5, replaced!.Instance.Turn);
        Assert.Null(Accepted(await instances.ReplaceAsync(replaced, replaced.Instance with { Turn = 6 }, default)));
        Assert.Equal(5 + ConsumerInstanceRow.KeptWrites - 1, Accepted(await instances.FindAsync(s_group, s_id))!.Instance.Turn);
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Claim_StandsForHalfOfTheTimeout_IsNotRenewed_AndGoesToOneOfThoseWhoAskAtOnce() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        var claimed = Accepted(await instances.ClaimJoinAsync(created, default))!;
        Assert.Null(Accepted(await Another(fixture).ClaimJoinAsync(created, default)));
        await fixture.WaitAsync(TimeSpan.FromSeconds(4.9));
        var standing = Accepted(await Another(fixture).FindAsync(s_group, s_id))!;
        Assert.Equal(claimed.Instance.JoinClaim, standing.Instance.JoinClaim);
        Assert.NotNull(standing.Instance.JoinClaim);
        Assert.False(ConsumerInstances.IsToBeRenewed(standing));
        await fixture.WaitAsync(TimeSpan.FromSeconds(0.1));
        var old = Accepted(await Another(fixture).FindAsync(s_group, s_id))!;
        Assert.Null(old.Instance.JoinClaim);
        Assert.NotEqual(claimed.Instance.JoinClaim, Accepted(await Another(fixture).ClaimJoinAsync(old, default))!.Instance.JoinClaim);
        Assert.Null(Accepted(await instances.ReplaceAsync(claimed, claimed.Instance with { MemberEpoch = 7 }, default)));
    });

    [Fact]
    public void Row_OfTheTimeBeforeClaims_HasNone()
    {
        var properties = new ConsumerInstanceRow(NewInstance() with { JoinClaim = "c" }, ["w"]).Encode();
        properties.Remove("JoinClaim");
        Assert.Null(ConsumerInstanceRow.Decode(new Row(new RowAddress("g", "instance-i"), properties, new ETag("1"), default, default), s_group, s_id).Instance.JoinClaim);
    }

    [Fact]
    public void Replace_WhoseRequestIsLost_AndAnotherWasFaster_HasNotCounted() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest);
        fixture.Faults.On(call => call.Verb == StorageVerb.CommitRows, Fault.Before(async () =>
            Assert.NotNull(Accepted(await Another(fixture).ReplaceAsync(created, created.Instance with { Turn = 1 }, default)))), occurrence: 2);
        Assert.Null(Accepted(await instances.ReplaceAsync(created, created.Instance with { Turn = 5 }, default)));
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Replace_WhenStorageDoesNotSay_IsUnknown_AndWhenItIsBusyNothingWasDone() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LostRequest, times: WriteTries.MaxFailures);
        Refused(ErrorCode.RequestTimedOut, await instances.ReplaceAsync(created, created.Instance with { Turn = 1 }, default));
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);
        Refused(ErrorCode.KafkaStorageError, await instances.ReplaceAsync(created, created.Instance with { Turn = 1 }, default));
        Assert.Equal(0, Accepted(await instances.FindAsync(s_group, s_id))!.Instance.Turn);
    });

    [Fact]
    public void Replace_ByMorePartitionsThanFitInARow_IsRefused() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        var created = Accepted(await instances.CreateAsync(NewInstance(), default))!;
        var many = created.Instance.WithPositions(Enumerable.Range(0, 3_000).Select(i => new ConsumerPosition(new string('t', 200), i)));
        Refused(ErrorCode.InvalidRequest, await instances.ReplaceAsync(created, many, default));
    });

    [Fact]
    public void Expire_TakesAwayThoseThatNobodyHasCalled_AndNoOthers() => Run(async fixture =>
    {
        var instances = Instances(fixture);
        Accepted(await instances.CreateAsync(NewInstance(), default));
        Assert.True(await instances.ExpireAsync(s_group));
        await fixture.WaitAsync(TimeSpan.FromSeconds(10.9));
        var stored = Accepted(await instances.FindAsync(s_group, s_id))!;
        Assert.False(ConsumerInstances.IsExpired(stored));
        Assert.True(ConsumerInstances.IsToBeRenewed(stored));
        Assert.True(await instances.ExpireAsync(s_group));
        await fixture.WaitAsync(TimeSpan.FromSeconds(0.2));
        Assert.True(ConsumerInstances.IsExpired(Accepted(await instances.FindAsync(s_group, s_id))!));
        Assert.False(await instances.ExpireAsync(s_group));
        Assert.Null(Accepted(await instances.FindAsync(s_group, s_id)));
    });

    private static ConsumerInstance NewInstance() => new(s_group, s_id, new ConsumerSettings("json", null, false, false, TimeSpan.FromSeconds(10)));

    private static ConsumerInstances Instances(MetadataFixture fixture) => new(fixture.Backend, Announce, fixture.Time, fixture.Entropy());

    private static ConsumerInstances Another(MetadataFixture fixture) => new(fixture.Twin, Announce, fixture.Time, fixture.Entropy());

    private static ValueTask<Outcome<Nothing>> Announce(GroupId group) => ValueTask.FromResult(Outcome.Done());
}
