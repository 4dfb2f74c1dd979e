using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>One key, one claim, on whichever instance and by whichever clock.</summary>
public class IdempotencyKeysTests
{
    private static readonly IdempotentRequest s_request = new(new TopicId(new Guid(1, 2, 3, new byte[8])), "key", "", "hash", 3, 0.5, 1000);

    private static async Task<IdempotencyClaim> ClaimAsync(HousekeepingInstance instance, IdempotentRequest request)
    {
        var claim = await instance.Engine.ClaimIdempotencyKeyAsync(request, default);
        Assert.False(claim.IsRefused, claim.Refusal?.ToString());
        return claim.Value;
    }

    [Fact]
    public void Claim_OnAnotherInstanceThatWouldChooseOtherwise_IsTheFirstOne() => HousekeepingWorld.Run(async world =>
    {
        var first = await ClaimAsync(await world.StartAsync(), s_request);
        await world.WaitAsync(TimeSpan.FromHours(23));

        var again = await ClaimAsync(await world.StartAsync(), s_request with { Partitions = 9, Spread = 0.1, BatchBytes = 5000 });

        Assert.Equal(first, again);
        Assert.True((await ClaimAsync(await world.StartAsync(), s_request with { BodyHash = "other" })).IsOtherRequest);
    });

    [Fact]
    public void Claim_OfAnotherCaller_IsItsOwn() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var anonymous = await ClaimAsync(instance, s_request);
        var one = await ClaimAsync(instance, s_request with { Caller = "key:one" });
        var two = await ClaimAsync(instance, s_request with { Caller = "key:two", BodyHash = "other" });

        Assert.False(two.IsOtherRequest);
        Assert.Equal(3, new[] { anonymous.Producer, one.Producer, two.Producer }.Distinct().Count());
        Assert.Equal(one, await ClaimAsync(instance, s_request with { Caller = "key:one" }));
    });

    [Fact]
    public void Claim_AfterMoreThanADay_IsANewOne() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var first = await ClaimAsync(instance, s_request);
        await world.WaitAsync(TimeSpan.FromHours(24.1));
        Assert.NotEqual(first.Producer, (await ClaimAsync(instance, s_request)).Producer);
    });

    /// <summary>Rows stand under the day of whoever wrote them: around midnight two instances have two days.</summary>
    [Theory]
    [InlineData(-3, 0)]
    [InlineData(0, -3)]
    [InlineData(3, 0)]
    [InlineData(0, 3)]
    public void Claim_AroundMidnightByClocksThatDiffer_IsTheFirstOne(int firstSkew, int secondSkew) => HousekeepingWorld.Run(async world =>
    {
        foreach (var minutes in new[] { 24 * 60 - 4, 1, 1, 2, 1, 1, 2 })
        {
            await world.WaitAsync(TimeSpan.FromMinutes(minutes));
            var request = s_request with { Key = $"at {world.Now:HH:mm}" };
            var first = await ClaimAsync(await world.StartAsync(skew: TimeSpan.FromMinutes(firstSkew)), request);
            Assert.Equal(first, await ClaimAsync(await world.StartAsync(skew: TimeSpan.FromMinutes(secondSkew)), request));
        }
    });

    [Fact]
    public void Claim_WhoseInsertHappenedButWasNotAnswered_IsTheOneThatStands() => HousekeepingWorld.Run(async world =>
    {
        foreach (var fault in new[] { Fault.LostRequest, Fault.LostReply, Fault.Throttled })
        {
            var request = s_request with { Key = $"{fault}" };
            var faults = new FaultScript();
            var instance = await world.StartAsync(faults);
            await ClaimAsync(instance, request with { Key = $"{fault} warm" });
            faults.On(StorageVerb.CommitRows, fault);

            var first = await ClaimAsync(instance, request);

            Assert.Equal(first, await ClaimAsync(await world.StartAsync(), request));
        }
    });
}
