using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Leases, as far as they can be seen without waiting for one to run out.</summary>
public abstract class LeaseContract : BackendContract
{
    private static readonly TimeSpan Duration = StorageLimits.MaxLease;
    private readonly Guid _mine = Guid.NewGuid();
    private readonly Guid _other = Guid.NewGuid();

    [Fact]
    public async Task AcquireLease_WhenFree_HoldsItAgainstOthers()
    {
        var blob = await CreateAppendBlobAsync();

        Done(await Backend.AcquireLeaseAsync(blob, _mine, Duration, None));

        Failed(ConditionFailure.Lease, await Backend.AcquireLeaseAsync(blob, _other, Duration, None));
        Failed(ConditionFailure.Lease, await Backend.RenewLeaseAsync(blob, _other, None));
        Failed(ConditionFailure.Lease, await Backend.ReleaseLeaseAsync(blob, _other, None));
        Done(await Backend.RenewLeaseAsync(blob, _mine, None));
    }

    [Fact]
    public async Task AcquireLease_AgainUnderTheSameId_IsIdempotent()
    {
        var blob = await CreateAppendBlobAsync();

        Done(await Backend.AcquireLeaseAsync(blob, _mine, Duration, None));
        Done(await Backend.AcquireLeaseAsync(blob, _mine, StorageLimits.MinLease, None));

        Failed(ConditionFailure.Lease, await Backend.AcquireLeaseAsync(blob, _other, Duration, None));
    }

    [Fact]
    public async Task AcquireLease_WhenManyRace_HasOneHolder()
    {
        for (var round = 0; round < 10; round++)
        {
            var blob = await CreateAppendBlobAsync($"a{round}");
            var ids = Enumerable.Range(0, 8).Select(_ => Guid.NewGuid()).ToArray();

            var answers = await AtOnceAsync(8, async i => await Backend.AcquireLeaseAsync(blob, ids[i], Duration, None));

            var winner = Assert.Single(answers.Index(), answer => answer.Item.IsDone).Index;
            Assert.All(answers.Where(answer => !answer.IsDone), answer => Failed(ConditionFailure.Lease, answer));
            Done(await Backend.RenewLeaseAsync(blob, ids[winner], None));
        }
    }

    [Theory]
    [InlineData(14)]
    [InlineData(61)]
    [InlineData(15.5)]
    public async Task AcquireLease_ForATimeThatTheServiceDoesNotOffer_IsTheCallersMistake(double seconds)
    {
        var blob = await CreateAppendBlobAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await Backend.AcquireLeaseAsync(blob, _mine, TimeSpan.FromSeconds(seconds), None));
    }

    [Fact]
    public async Task Leases_OfABlobThatIsAbsent_AnswerMissing()
    {
        Missing(await Backend.AcquireLeaseAsync("a", _mine, Duration, None));
        Missing(await Backend.RenewLeaseAsync("a", _mine, None));
        Missing(await Backend.ReleaseLeaseAsync("a", _mine, None));
    }

    [Fact]
    public async Task RenewLease_WhenNobodyTookIt_FailsWithLease()
    {
        var blob = await CreateAppendBlobAsync();

        Failed(ConditionFailure.Lease, await Backend.RenewLeaseAsync(blob, _mine, None));
        Failed(ConditionFailure.Lease, await Backend.ReleaseLeaseAsync(blob, _mine, None));
    }

    [Fact]
    public async Task ReleaseLease_ByItsHolder_FreesIt()
    {
        var blob = await CreateAppendBlobAsync();
        Done(await Backend.AcquireLeaseAsync(blob, _mine, Duration, None));

        Done(await Backend.ReleaseLeaseAsync(blob, _mine, None));

        Failed(ConditionFailure.Lease, await Backend.RenewLeaseAsync(blob, _mine, None));
        Done(await Backend.AcquireLeaseAsync(blob, _other, Duration, None));
        Failed(ConditionFailure.Lease, await Backend.AcquireLeaseAsync(blob, _mine, Duration, None));
    }

    [Fact]
    public async Task ALeasedBlob_RefusesToBeChangedWithoutTheLease()
    {
        var blob = await CreateAppendBlobAsync("a", "x");
        var etag = Done(await Backend.GetBlobAsync(blob, None)).ETag;
        Done(await Backend.AcquireLeaseAsync(blob, _mine, Duration, None));

        Failed(ConditionFailure.Lease, await Backend.AppendAsync(blob, 1, Bytes("y"), None));
        Failed(ConditionFailure.Lease, await Backend.DeleteBlobAsync(blob, etag, None));

        Assert.Equal("x", await ReadTextAsync(blob));
        Assert.Equal(etag, Done(await Backend.GetBlobAsync(blob, None)).ETag);
        Done(await Backend.ReleaseLeaseAsync(blob, _mine, None));
        Assert.Equal(2, Done(await Backend.AppendAsync(blob, 1, Bytes("y"), None)));
    }
}
