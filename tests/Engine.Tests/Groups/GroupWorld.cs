using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Groups;

/// <summary>Groups over one in-memory account in virtual time, served by any number of instances.</summary>
internal sealed class GroupWorld(HousekeepingWorld world)
{
    public static readonly GroupId Group = Id("g");

    public HousekeepingWorld World { get; } = world;

    public static void Run(Func<GroupWorld, Task> body) => HousekeepingWorld.Run(world => body(new GroupWorld(world)));

    public static GroupId Id(string text) => GroupId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    public static MemberId Member(string text) => MemberId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    public static T Accepted<T>(Result<T> result)
    {
        Assert.False(result.IsRefused, result.Refusal?.ToString());
        return result.Value;
    }

    public static void Refused<T>(ErrorCode code, Result<T> result)
    {
        Assert.True(result.IsRefused, "It was not refused.");
        Assert.Equal(code, result.Refusal.Code);
    }

    public async Task<GroupInstance> StartAsync(FaultScript? faults = null, Action<EngineOptions>? configure = null, TimeSpan skew = default) =>
        new(await World.StartAsync(faults, configure: configure, skew: skew));

    public async Task<List<Row>> RowsAsync(GroupId? group = null) => await World.RowsAsync(StorageLayout.GroupsTable, (group ?? Group).Value);

    public async Task<List<string>> RowKeysAsync(string prefix) =>
        [.. (await RowsAsync()).Select(row => row.Address.RowKey).Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];

    public async Task<GroupHeadRow> HeadAsync() => GroupHeadRow.Decode((await RowsAsync()).Single(row => row.Address.RowKey == StorageLayout.HeadRowKey));

    public Task WaitAsync(TimeSpan span) => World.WaitAsync(span);
}
