using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using static ManagedLog.Engine.Tests.Metadata.MetadataFixture;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class ClusterIdentityTests
{
    [Fact]
    public void Id_WhenLearnedByManyAtOnce_IsTheSameForAllAndStays() => Run(async fixture =>
    {
        var learned = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Identity(fixture, fixture.Backend).LearnAsync(default).AsTask()));

        var id = Accepted(learned[0]);
        Assert.Matches("^[a-zA-Z0-9_][a-zA-Z0-9_-]{21}$", id);
        Assert.All(learned, result => Assert.Equal(id, Accepted(result)));
        Assert.Equal(id, Accepted(await Identity(fixture, fixture.Twin).LearnAsync(default)));
    });

    [Fact]
    public void Id_WhateverWasDrawn_Has22CharactersAndNeverBeginsWithAHyphen() => Prop.ForAll<ulong>(seed =>
    {
        var id = "";
        Run(async fixture => id = Accepted(await Identity(fixture, fixture.Twin).LearnAsync(default)), seed);
        return id.Length == 22 && id[0] != '-';
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Id_WhenTheWriteIsUnknown_IsSettledByReading(bool tookEffect) => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, tookEffect ? Fault.LostReply : Fault.LostRequest);

        var id = Accepted(await Identity(fixture, fixture.Backend).LearnAsync(default));

        Assert.Equal(id, Accepted(await Identity(fixture, fixture.Twin).LearnAsync(default)));
        Assert.True(fixture.Faults.IsSpent);
    });

    [Fact]
    public void Id_WhenAWriteLandsLate_DoesNotChange() => Run(async fixture =>
    {
        var landing = new TaskCompletionSource();
        fixture.Faults.On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task));
        var id = Accepted(await Identity(fixture, fixture.Backend).LearnAsync(default));

        landing.SetResult();
        await fixture.Network.LandedAsync();

        Assert.Equal(id, Accepted(await Identity(fixture, fixture.Twin).LearnAsync(default)));
    });

    [Fact]
    public void Id_WhenStorageDoesNotAnswer_IsRefusedAndMayBeAskedAgain() => Run(async fixture =>
    {
        fixture.Faults.On(StorageVerb.CommitRows, Fault.Throttled, times: WriteTries.MaxFailures);

        Refused(ErrorCode.KafkaStorageError, await Identity(fixture, fixture.Backend).LearnAsync(default));

        Accepted(await Identity(fixture, fixture.Backend).LearnAsync(default));
    });

    private static ClusterIdentity Identity(MetadataFixture fixture, IStorageBackend backend) => new(backend, fixture.Time, fixture.Entropy());
}
