using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Groups;

/// <summary>Each write of groups, with a fault before its effect, after it, and with an effect that comes when everything is over.</summary>
public class GroupFaultTests
{
    /// <summary>What is done through the instance that meets the fault, and how one sees that it was done.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> s_calls = new()
    {
        ["join"] = async scene => Assert.Equal(3, (await scene.Faulty.JoinAsync("a", "t")).Owned.Count),
        ["join again"] = async scene =>
        {
            var old = await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            var young = await scene.Faulty.JoinAsync("a", "t");
            Assert.Equal((3, true), (young.Owned.Count, young.Epoch > old.Epoch));
        },
        ["beat"] = async scene =>
        {
            var joined = await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            Assert.Equal(3, (await scene.Faulty.BeatAsync("a", joined.Epoch)).Owned.Count);
        },
        ["release"] = async scene =>
        {
            var a = await scene.Other.JoinAsync("a", "t");
            var b = await scene.Other.JoinAsync("b", "t");
            a = await scene.Other.BeatAsync("a", a.Epoch);
            scene.Begin();
            Assert.True((await scene.Faulty.BeatAsync("a", a.Epoch, a.ToRevoke)).IsSettled);
            Assert.True((await scene.Other.BeatAsync("b", b.Epoch)).IsSettled);
        },
        ["subscribe"] = async scene =>
        {
            var a = await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            var request = new HeartbeatRequest(GroupWorld.Member("a"), a.Epoch) { Subscription = MemberSubscription.Of("t", "u") };
            Assert.Equal(4, GroupWorld.Accepted(await scene.Faulty.Groups.HeartbeatAsync(GroupWorld.Group, request, default)).Owned.Count);
        },
        ["leave"] = async scene =>
        {
            var a = await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            GroupWorld.Accepted(await scene.Faulty.LeaveAsync("a", a.Epoch));
            GroupWorld.Refused(ErrorCode.UnknownMemberId, await scene.Other.TryBeatAsync("a", a.Epoch));
        },
        ["commit"] = async scene =>
        {
            var a = await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            Assert.Empty(GroupWorld.Accepted(await scene.Faulty.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 0), new OffsetCommit("t", 1, 0))).Refused);
            Assert.Equal([(0, 0L), (1, 0L)], await scene.Other.OffsetsAsync());
        },
        ["commit without members"] = async scene =>
        {
            GroupWorld.Accepted(await scene.Faulty.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 0)], default));
            Assert.Equal([(0, 0L)], await scene.Other.OffsetsAsync());
        },
        ["delete"] = async scene =>
        {
            await scene.Other.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 0)], default);
            scene.Begin();
            GroupWorld.Accepted(await scene.Faulty.Groups.DeleteAsync(GroupWorld.Group, default));
            Assert.Empty(await scene.Other.OffsetsAsync());
            GroupWorld.Refused(ErrorCode.GroupIdNotFound, await scene.Other.Groups.DescribeAsync(GroupWorld.Group, default));
        },
        ["delete offsets"] = async scene =>
        {
            await scene.Other.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 0), new OffsetCommit("t", 1, 0)], default);
            scene.Begin();
            GroupWorld.Accepted(await scene.Faulty.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("t", 0)], default));
            Assert.Equal([(1, 0L)], await scene.Other.OffsetsAsync());
        },
        ["reset"] = async scene =>
        {
            await scene.Other.JoinAsync("a", "t");
            scene.Begin();
            var request = new OffsetResetRequest(OffsetReset.Latest) { IsForced = true, Partitions = [new PartitionName("t", null)] };
            Assert.Equal(3, GroupWorld.Accepted(await scene.Faulty.Groups.ResetAsync(GroupWorld.Group, request, default)).Count);
            Assert.Equal([(0, 0L), (1, 0L), (2, 0L)], await scene.Other.OffsetsAsync());
        },
    };

    private static readonly Dictionary<string, Fault> s_faults = new()
    {
        ["lost request"] = Fault.LostRequest,
        ["lost reply"] = Fault.LostReply,
        ["late"] = Fault.Late(TimeSpan.FromSeconds(30)),
        ["throttled"] = Fault.Throttled,
        ["refused"] = Fault.Refused,
    };

    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var call in s_calls.Keys)
            {
                foreach (var fault in s_faults.Keys)
                    all.Add(call, fault);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AWrite_ThatMeetsAFault_IsDoneOnce_AndAnsweredAsDone(string call, string fault)
    {
        for (var occurrence = 1; ; occurrence++)
        {
            var isSpent = false;
            GroupWorld.Run(async world =>
            {
                var scene = await Scene.MakeAsync(world, script => script.On(IsWrite, s_faults[fault], occurrence));
                await s_calls[call](scene);
                isSpent = scene.IsSpent;
                var rows = await world.RowsAsync();

                // What lands late finds that it is not the time any more.
                await world.WaitAsync(TimeSpan.FromMinutes(1));
                var later = await world.RowsAsync();
                Assert.Equal(rows.Select(row => (row.Address.RowKey, row.ETag)), later.Select(row => (row.Address.RowKey, row.ETag)));
            });
            if (!isSpent)
            {
                Assert.True(occurrence > 1, $"{call} writes nothing.");
                return;
            }
        }
    }

    [Fact]
    public void ACommit_OfWhichNobodyKnows_IsToldAsUnknown_AndOneThatWasNotTaken_AsNot() => GroupWorld.Run(async world =>
    {
        foreach (var (fault, code) in new[] { (Fault.LostRequest, ErrorCode.RequestTimedOut), (Fault.LostReply, ErrorCode.RequestTimedOut), (Fault.Throttled, ErrorCode.KafkaStorageError) })
        {
            var scene = await Scene.MakeAsync(world, script => script.On(IsWrite, fault, times: 100));
            var a = await scene.Other.JoinAsync("a", "t");
            scene.Begin();

            GroupWorld.Refused(code, await scene.Faulty.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 0)));

            // That it has left can be seen.
            var left = await scene.Faulty.LeaveAsync("a", a.Epoch);
            Assert.Equal(fault == Fault.LostReply ? null : code, left.Refusal?.Code);
        }
    });

    /// <summary>The first try of a commit is stored and its answer lost; before the second somebody else gets the partition.</summary>
    [Fact]
    public void ACommit_ThatWasStored_AndWhoseMemberIsGoneBeforeItIsTriedAgain_IsUnknown() => GroupWorld.Run(async world =>
    {
        var other = await world.StartAsync();
        var faults = new FaultScript();
        var faulty = await world.StartAsync(faults);
        await other.CreateAsync("t", 1);
        var a = await other.JoinAsync("a", "t");
        faults.On(IsWrite, Fault.LostReply).On(
            call => call.Verb == StorageVerb.ReadRow && call.Key.Contains("member-", StringComparison.Ordinal), Fault.Before(async () => await other.LeaveAsync("a")), occurrence: 2);

        GroupWorld.Refused(ErrorCode.RequestTimedOut, await faulty.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 0)));

        Assert.Equal([(0, 0L)], await other.OffsetsAsync());
        Assert.True(faults.IsSpent);
    });

    /// <summary>The first try of joining is lost, and before the second another process joins by the same id, in the generation that the first meant to make.</summary>
    [Fact]
    public void TwoProcesses_ThatJoinByOneIdAtOnce_GetDifferentEpochs() => GroupWorld.Run(async world =>
    {
        var other = await world.StartAsync();
        var faults = new FaultScript();
        var faulty = await world.StartAsync(faults);
        await other.CreateAsync("t", 1);
        await other.JoinAsync("b", "t");
        HeartbeatResult? first = null;
        faults.On(call => IsWrite(call) && call.Key.Contains("head", StringComparison.Ordinal), Fault.LostRequest).On(
            call => call.Verb == StorageVerb.ReadRow && call.Key.EndsWith("/head", StringComparison.Ordinal), Fault.Before(async () => first = await other.JoinAsync("a", "t")), occurrence: 2);

        var second = await faulty.JoinAsync("a", "t");

        Assert.True(faults.IsSpent);
        Assert.True(second.Epoch > first!.Epoch);
        GroupWorld.Refused(ErrorCode.FencedMemberEpoch, await other.TryBeatAsync("a", first.Epoch));
    });

    /// <summary>A commit whose call is held up until its member was removed and the next owner has committed.</summary>
    [Fact]
    public void ACommit_OfAZombie_ThatLandsMinutesLate_TakesNoEffect() => GroupWorld.Run(async world =>
    {
        var other = await world.StartAsync();
        var faults = new FaultScript();
        var faulty = await world.StartAsync(faults);
        var topic = await other.CreateAsync("t", 1);
        await other.FillAsync(topic, 0, 9);
        var a = await other.JoinAsync("a", "t");
        faults.On(IsWrite, Fault.Late(TimeSpan.FromMinutes(3)));
        faults.On(IsWrite, Fault.Throttled, occurrence: 2, times: 100);
        GroupWorld.Refused(ErrorCode.RequestTimedOut, await faulty.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 2)));

        await world.WaitAsync(TimeSpan.FromMinutes(1));
        var b = await other.JoinAsync("b", "t");
        Assert.Single(b.Owned);
        GroupWorld.Accepted(await other.CommitAsync("b", b.Epoch, 1, new OffsetCommit("t", 0, 5)));
        await world.WaitAsync(TimeSpan.FromMinutes(3));

        Assert.Equal([(0, 5L)], await other.OffsetsAsync());
    });

    private static bool IsWrite(StorageCall call) => call.Verb == StorageVerb.CommitRows
        && (call.Target == StorageLayout.GroupsTable || call.Key.StartsWith($"{StorageLayout.GroupNamesPartitionKey}/", StringComparison.Ordinal) || call.Key.Contains("-group-", StringComparison.Ordinal));

    private sealed class Scene(GroupInstance other, GroupInstance faulty, FaultScript faults, Action<FaultScript> arm)
    {
        private bool _hasBegun;

        public GroupInstance Other { get; } = other;

        /// <summary>Meets the fault from <see cref="Begin"/> on, or from its first use.</summary>
        public GroupInstance Faulty
        {
            get
            {
                if (!_hasBegun)
                    Begin();
                return faulty;
            }
        }

        public bool IsSpent => faults.IsSpent;

        public static async Task<Scene> MakeAsync(GroupWorld world, Action<FaultScript> arm)
        {
            var other = await world.StartAsync();
            foreach (var (topic, partitions) in new[] { ("t", 3), ("u", 1) })
            {
                if ((await other.Engine.FindTopicAsync(topic, default)).IsRefused)
                    await other.CreateAsync(topic, partitions);
            }

            var faults = new FaultScript();
            return new Scene(other, await world.StartAsync(faults), faults, arm);
        }

        public void Begin()
        {
            _hasBegun = true;
            arm(faults);
        }
    }
}
