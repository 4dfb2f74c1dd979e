using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class DueWorkTests
{
    private static readonly TopicPartition One = new(new TopicId(Guid.Parse("11111111111111111111111111111111")), 7);
    private static readonly TopicPartition Other = new(new TopicId(Guid.Parse("22222222222222222222222222222222")), 0);

    [Fact]
    public void Read_GivesWhatIsDueByTheServicesClockInOrder() => Run(async (world, due) =>
    {
        var now = world.Now.ToUnixTimeMilliseconds();
        await due.AnnounceAsync(now + 60_000, Other);
        await due.AnnounceAsync(now + 50_000, One);
        await due.AnnounceAsync(now + 70_000, One);
        await due.AnnounceAsync(now + 90_001, One);
        await world.WaitAsync(TimeSpan.FromSeconds(90));

        var look = await due.ReadAsync(10);

        Assert.Equal(
            [(One, (long[])[now + 50_000, now + 70_000]), (Other, [now + 60_000])],
            look.Due.Select(found => (found.Partition, found.Rows.Select(row => row.Row.DueAt).ToArray())));
        Assert.Equal((false, world.Now), (look.IsMore, look.ReadAt));
    });

    [Fact]
    public void Read_OfARowThatWasJustWritten_WaitsUntilItsChangeMustHaveHappened() => Run(async (world, due) =>
    {
        await due.AnnounceAsync(due.AtOnce, One);

        await world.WaitAsync(new EngineOptions().HousekeepingDelay - TimeSpan.FromMilliseconds(1));
        Assert.Empty((await due.ReadAsync(10)).Due);
        await world.WaitAsync(TimeSpan.FromMilliseconds(1));
        Assert.Single((await due.ReadAsync(10)).Due);
    });

    [Fact]
    public void Read_WhenWorkIsAnnouncedAgainAndAgain_FindsTheRowOfATimeThatIsOver() => Run(async (world, due) =>
    {
        for (var i = 0; i < 13; i++)
        {
            await due.AnnounceAsync(due.AtOnce, One);
            await world.WaitAsync(TimeSpan.FromSeconds(5));
        }

        // Of the three half minutes that were begun, the last one's announcement is younger than half a minute.
        var (_, rows) = Assert.Single((await due.ReadAsync(10)).Due);
        Assert.All(rows, row => Assert.True(DueWork.IsAtOnce(row.Row.DueAt)));
        Assert.True(rows.Count < (await world.DueAsync()).Count);
    });

    [Fact]
    public void MoveOn_WhenTheSameWorkWasAnnouncedAgainMeanwhile_LeavesTheRow() => Run(async (world, due) =>
    {
        await due.AnnounceAsync(due.AtOnce, One);
        await world.WaitAsync(new EngineOptions().HousekeepingDelay);
        var (_, rows) = Assert.Single((await due.ReadAsync(10)).Due);
        await due.AnnounceAsync(rows[0].Row.DueAt, One);

        await due.MoveOnAsync(One, rows, 5_000_000_000_000);

        Assert.Equal([rows[0].Row.DueAt, 5_000_000_000_000], (await world.DueAsync()).Select(row => row.DueAt));
    });

    [Fact]
    public void MoveOn_IsOneOperation() => HousekeepingWorld.Run(async world =>
    {
        var counting = new Testing.Backend.CountingBackend(world.Twin);
        await world.Twin.PrepareAsync(StorageLayout.Tables, default);
        var due = new DueWork(HousekeepingWorld.Context(counting, world));
        await due.AnnounceAsync(1, One);
        await due.AnnounceAsync(2, One);
        await world.WaitAsync(new EngineOptions().HousekeepingDelay);
        var (_, rows) = Assert.Single((await due.ReadAsync(10)).Due);
        var before = counting.Snapshot();

        await due.MoveOnAsync(One, rows, 5_000_000_000_000);

        Assert.Equal(1, counting.Since(before).Total);
        Assert.Equal([5_000_000_000_000], (await world.DueAsync()).Select(row => row.DueAt));
    });

    [Fact]
    public void MoveOn_WhenTheNextRowIsThereAlready_TakesTheOldOnesAway() => Run(async (world, due) =>
    {
        await due.AnnounceAsync(due.AtOnce, One);
        await due.AnnounceAsync(5_000_000_000_000, One);
        await world.WaitAsync(new EngineOptions().HousekeepingDelay);
        var (_, rows) = Assert.Single((await due.ReadAsync(10)).Due);

        await due.MoveOnAsync(One, rows, 5_000_000_000_000);

        Assert.Equal([5_000_000_000_000], (await world.DueAsync()).Select(row => row.DueAt));
    });

    public static TheoryData<int, FaultKind> FaultsOfMoveOn()
    {
        var faults = new TheoryData<int, FaultKind>();
        for (var call = 1; call <= 3; call++)
        {
            faults.Add(call, FaultKind.LostRequest);
            faults.Add(call, FaultKind.LostReply);
            faults.Add(call, FaultKind.Throttled);
        }

        return faults;
    }

    [Theory]
    [MemberData(nameof(FaultsOfMoveOn))]
    public void MoveOn_WithAFaultAtAnyCall_NeverLosesTheNextRow(int call, FaultKind kind) => HousekeepingWorld.Run(async world =>
    {
        await world.Twin.PrepareAsync(StorageLayout.Tables, default);
        var setUp = new DueWork(HousekeepingWorld.Context(world.Twin, world));
        await setUp.AnnounceAsync(1, One);
        await setUp.AnnounceAsync(2, One);
        await world.WaitAsync(new EngineOptions().HousekeepingDelay);
        var (_, rows) = Assert.Single((await setUp.ReadAsync(10)).Due);
        var fault = kind switch { FaultKind.LostRequest => Fault.LostRequest, FaultKind.LostReply => Fault.LostReply, _ => Fault.Throttled };
        var faults = new FaultScript().On(StorageVerb.CommitRows, Fault.LostRequest).On(StorageVerb.CommitRows, fault, call);
        var due = new DueWork(HousekeepingWorld.Context(new FaultyBackend(world.Twin, faults), world));

        try
        {
            await due.MoveOnAsync(One, rows, 5_000_000_000_000);
        }
        catch (StorageUnavailableException)
        {
            Assert.Contains((await world.DueAsync()).Select(row => row.DueAt), at => at < 3);
        }

        var left = (await world.DueAsync()).Select(row => row.DueAt).ToList();
        Assert.True(left.Contains(5_000_000_000_000) || (left.Contains(1) && left.Contains(2)), string.Join(',', left));
    });

    [Fact]
    public void DueRow_RoundTripsThroughItsKey()
    {
        foreach (var row in (DueRow[])[new(0, One), new(1_700_000_000_000, Other), new(999_999_999_999_999, new TopicPartition(One.Topic, 123_456))])
        {
            var read = new Row(new RowAddress(StorageLayout.DuePartitionKey, row.Key), DueRow.Encode(), default, default, default);
            Assert.Equal(row, DueRow.Decode(read));
        }
    }

    private static void Run(Func<HousekeepingWorld, DueWork, Task> body) => HousekeepingWorld.Run(async world =>
    {
        await world.Twin.PrepareAsync(StorageLayout.Tables, default);
        await body(world, new DueWork(HousekeepingWorld.Context(world.Twin, world)));
    });
}
