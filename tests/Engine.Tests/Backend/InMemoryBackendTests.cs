using ManagedLog.Engine.Backend;
using ManagedLog.Testing;

namespace ManagedLog.Engine.Tests.Backend;

/// <summary>What the contract cannot ask of a real service: its clock, its limits made small, and what happens before it is prepared.</summary>
public sealed class InMemoryBackendTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ManualTimeProvider _time = new();
    private readonly Guid _mine = new(1, 0, 0, new byte[8]);
    private readonly Guid _other = new(2, 0, 0, new byte[8]);

    [Fact]
    public async Task Append_WhenTheBlocksAreUsedUp_FailsWithBlockCountWhateverThePosition()
    {
        var backend = await PreparedAsync(new() { MaxBlocks = 20 });
        await backend.CreateAppendBlobAsync("a", None);
        for (var i = 0; i < 20; i++)
            Assert.Equal(i + 1, (await backend.AppendAsync("a", i, new byte[1], None)).Value);

        Assert.True((await backend.AppendAsync("a", 20, new byte[1], None)).Failed(ConditionFailure.BlockCount));
        Assert.True((await backend.AppendAsync("a", 3, new byte[1], None)).Failed(ConditionFailure.BlockCount));
        Assert.Equal(20, (await backend.GetBlobAsync("a", None)).Value.Length);
    }

    [Fact]
    public async Task Append_ByDefault_TakesFiftyThousandBlocks()
    {
        var backend = await PreparedAsync();
        await backend.CreateAppendBlobAsync("a", None);
        for (var i = 0; i < 50_000; i++)
            Assert.True((await backend.AppendAsync("a", i, new[] { (byte)i }, None)).IsDone);

        Assert.True((await backend.AppendAsync("a", 50_000, new byte[1], None)).Failed(ConditionFailure.BlockCount));
        var range = (await backend.ReadRangeAsync("a", 49_990, 100, None)).Value.Content;
        Assert.Equal(Enumerable.Range(49_990, 10).Select(i => (byte)i), range.ToArray());
    }

    [Fact]
    public async Task EveryCall_AnswersAtOnce()
    {
        var backend = new InMemoryBackend(_time);

        Assert.True(AnsweredAtOnce(backend.PrepareAsync(["t"], None)));
        Assert.True(AnsweredAtOnce(backend.CreateAppendBlobAsync("a", None)));
        Assert.True(AnsweredAtOnce(backend.AppendAsync("a", 0, new byte[1], None)));
        Assert.True(AnsweredAtOnce(backend.CommitRowsAsync("t", new RowBatch("p").Delete("r", null), None)));
        Assert.Equal(1, (await backend.ReadRangeAsync("a", 0, 1, None)).Value.BlobLength);

        static bool AnsweredAtOnce<T>(ValueTask<Outcome<T>> call) => call.IsCompletedSuccessfully;
    }

    [Fact]
    public async Task BeforePrepare_NothingIsThere()
    {
        var backend = new InMemoryBackend(_time);

        Assert.Equal(OutcomeStatus.Missing, (await backend.CreateAppendBlobAsync("a", None)).Status);
        Assert.Equal(OutcomeStatus.Missing, (await backend.PutBlobAsync("a", new byte[1], None)).Status);
        Assert.Equal(OutcomeStatus.Missing, (await backend.StageBlockAsync("a", "1", new byte[1], None)).Status);
        Assert.Equal(OutcomeStatus.Missing, (await backend.ListBlobsAsync("", null, 10, None)).Status);
        Assert.Equal(OutcomeStatus.Missing, (await backend.CommitRowsAsync("t", new RowBatch("p").Delete("r", null), None)).Status);
    }

    [Fact]
    public async Task Times_AreOfTheGivenClock()
    {
        var backend = await PreparedAsync();
        var start = _time.GetUtcNow();
        await backend.CreateAppendBlobAsync("a", None);
        await backend.CommitRowsAsync("t", new RowBatch("p").Insert("r", new Dictionary<string, RowValue>()), None);

        _time.Advance(TimeSpan.FromHours(2));

        var row = (await backend.ReadRowAsync("t", new RowAddress("p", "r"), None)).Value;
        Assert.Equal((start, start.AddHours(2)), (row.Timestamp, row.ReadAt));
        Assert.Equal(start, (await backend.GetBlobAsync("a", None)).Value.LastModified);
        await backend.AppendAsync("a", 0, new byte[1], None);
        Assert.Equal(start.AddHours(2), (await backend.GetBlobAsync("a", None)).Value.LastModified);
    }

    [Fact]
    public async Task Lease_WhenItRanOut_MayBeTakenOrRenewedByWhoeverComesFirst()
    {
        var backend = await LeasedAsync();

        _time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromTicks(1));
        Assert.True((await backend.AcquireLeaseAsync("a", _other, StorageLimits.MinLease, None)).Failed(ConditionFailure.Lease));
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True((await backend.RenewLeaseAsync("a", _mine, None)).IsDone);
        Assert.True((await backend.AcquireLeaseAsync("a", _other, StorageLimits.MinLease, None)).Failed(ConditionFailure.Lease));
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.True((await backend.AcquireLeaseAsync("a", _other, StorageLimits.MinLease, None)).IsDone);
        Assert.True((await backend.RenewLeaseAsync("a", _mine, None)).Failed(ConditionFailure.Lease));
    }

    [Fact]
    public async Task Lease_WhenRenewed_RunsItsWholeTimeAgain()
    {
        var backend = await LeasedAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await backend.RenewLeaseAsync("a", _mine, None);
        _time.Advance(TimeSpan.FromSeconds(14));

        Assert.True((await backend.AppendAsync("a", 0, new byte[1], None)).Failed(ConditionFailure.Lease));
    }

    [Fact]
    public async Task Lease_ThatRanOut_StopsNoWriterAndCannotBeRenewedAfterIt()
    {
        var backend = await LeasedAsync();
        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.True((await backend.AppendAsync("a", 0, new byte[1], None)).IsDone);

        Assert.True((await backend.RenewLeaseAsync("a", _mine, None)).Failed(ConditionFailure.Lease));
    }

    [Fact]
    public async Task Pages_AreNoLongerThanTheOptionsAllow()
    {
        var backend = await PreparedAsync(new() { MaxRowsPerPage = 2, MaxBlobsPerPage = 2 });
        var batch = new RowBatch("p");
        for (var i = 0; i < 3; i++)
        {
            batch.Insert($"{i}", new Dictionary<string, RowValue>());
            await backend.PutBlobAsync($"{i}", default, None);
        }

        await backend.CommitRowsAsync("t", batch, None);

        var rows = (await backend.QueryRowsAsync("t", new RowQuery("p"), None)).Value;
        Assert.Equal(2, rows.Rows.Count);
        Assert.Equal("2", Assert.Single((await backend.QueryRowsAsync("t", new RowQuery("p", Continuation: rows.Continuation), None)).Value.Rows).Address.RowKey);
        var blobs = (await backend.ListBlobsAsync("", null, 100, None)).Value;
        Assert.Equal(2, blobs.Blobs.Count);
        Assert.Equal("2", Assert.Single((await backend.ListBlobsAsync("", blobs.Continuation, 100, None)).Value.Blobs).Name);
    }

    [Fact]
    public async Task Merge_IntoARowThatWouldBeTooLarge_IsRefusedAndChangesNothing()
    {
        var backend = await PreparedAsync();
        await backend.CommitRowsAsync("t", new RowBatch("p").Insert("r", Many(0, 200)), None);

        await Assert.ThrowsAsync<StorageRefusedException>(async () => await backend.CommitRowsAsync("t", new RowBatch("p").Merge("r", Many(200, 100), null), None));

        Assert.Equal(200, (await backend.ReadRowAsync("t", new RowAddress("p", "r"), None)).Value.Properties.Count);
    }

    [Fact]
    public async Task StageBlock_WithAnIdOfAnotherLength_IsRefused()
    {
        var backend = await PreparedAsync();
        await backend.StageBlockAsync("a", "01", new byte[1], None);

        await Assert.ThrowsAsync<StorageRefusedException>(async () => await backend.StageBlockAsync("a", "2", new byte[1], None));
    }

    private static Dictionary<string, RowValue> Many(int first, int count) => Enumerable.Range(first, count).ToDictionary(i => $"n{i}", i => (RowValue)i);

    private async Task<InMemoryBackend> PreparedAsync(InMemoryBackendOptions? options = null)
    {
        var backend = new InMemoryBackend(_time, options ?? new());
        Assert.True((await backend.PrepareAsync(["t"], None)).IsDone);
        return backend;
    }

    private async Task<InMemoryBackend> LeasedAsync()
    {
        var backend = await PreparedAsync();
        await backend.CreateAppendBlobAsync("a", None);
        Assert.True((await backend.AcquireLeaseAsync("a", _mine, StorageLimits.MinLease, None)).IsDone);
        return backend;
    }
}
