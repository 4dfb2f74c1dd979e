using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Groups;

/// <summary>An instance, asked in few words.</summary>
internal sealed class GroupInstance(HousekeepingInstance instance)
{
    private CallCounts? _mark;

    public HousekeepingInstance Instance { get; } = instance;

    public LogEngine Engine => Instance.Engine;

    public ConsumerGroups Groups => Instance.Engine.Groups;

    public Task<Topic> CreateAsync(string name, int partitions) => Instance.CreateAsync(name, partitions);

    public async Task<HeartbeatResult> JoinAsync(string member, params string[] topics) => GroupWorld.Accepted(await TryJoinAsync(member, topics));

    public Task<Result<HeartbeatResult>> TryJoinAsync(string member, params string[] topics) =>
        Groups.JoinAsync(GroupWorld.Group, new JoinRequest(GroupWorld.Member(member), MemberSubscription.Of(topics)), default).AsTask();

    public async Task<HeartbeatResult> BeatAsync(string member, long epoch, params IReadOnlyList<GroupPartition> released) => GroupWorld.Accepted(await TryBeatAsync(member, epoch, released));

    public Task<Result<HeartbeatResult>> TryBeatAsync(string member, long epoch, params IReadOnlyList<GroupPartition> released) =>
        Groups.HeartbeatAsync(GroupWorld.Group, new HeartbeatRequest(GroupWorld.Member(member), epoch) { Released = [.. released.Select(partition => partition.Key)] }, default).AsTask();

    public Task<Result<Nothing>> LeaveAsync(string member, long? epoch = null) => Groups.LeaveAsync(GroupWorld.Group, GroupWorld.Member(member), epoch, default).AsTask();

    public Task<Result<CommitResult>> CommitAsync(string member, long epoch, long? sequence, params OffsetCommit[] offsets) =>
        Groups.CommitAsync(GroupWorld.Group, new CommitRequest(GroupWorld.Member(member), epoch, offsets) { Sequence = sequence }, default).AsTask();

    public async Task<IReadOnlyList<(int Partition, long Offset)>> OffsetsAsync() =>
        [.. GroupWorld.Accepted(await Groups.OffsetsAsync(GroupWorld.Group, null, default)).Select(offset => (offset.Partition.Partition, offset.Offset))];

    /// <summary>Appends so many records to a partition.</summary>
    public async Task FillAsync(Topic topic, int partition, int records)
    {
        var batch = HousekeepingWorld.Batch(1_700_000_000_000, [.. Enumerable.Range(0, records).Select(i => $"r{i}")]);
        GroupWorld.Accepted(await Engine.AppendAsync(topic, partition, new AppendRequest([batch]), default));
    }

    public void Mark() => _mark = Instance.Calls.Snapshot();

    /// <summary>What it has called for since.</summary>
    public CallCounts SinceMark() => Instance.Calls.Since(_mark!);

    /// <summary>What these calls cost.</summary>
    public async Task<string> CostAsync(Func<Task> calls)
    {
        var before = Instance.Calls.Snapshot();
        await calls();
        return Instance.Calls.Since(before).ToString();
    }
}
