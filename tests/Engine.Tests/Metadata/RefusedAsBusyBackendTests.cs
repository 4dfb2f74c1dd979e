using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>
/// Storage that will not have the service's calls for a while: answers are refusals, not exceptions, and none says that nothing happened when something may
/// have.
/// </summary>
public sealed class RefusedAsBusyBackendTests
{
    [Fact]
    public async Task Call_ThatStorageRefuses_IsAnsweredAsThrottled()
    {
        var twin = new InMemoryBackend(TimeProvider.System);
        var storage = new RefusedAsBusyBackend(new FaultyBackend(twin, new FaultScript().On(StorageVerb.ReadRow, Fault.Refused)), NullLogger.Instance);

        var outcome = await storage.ReadRowAsync("table", new RowAddress("p", "r"), CancellationToken.None);

        Assert.Equal(OutcomeStatus.Throttled, outcome.Status);
    }

    [Theory]
    [InlineData(false, ErrorCode.KafkaStorageError)]
    [InlineData(true, ErrorCode.RequestTimedOut)]
    public void CreateTopic_WhenStorageRefuses_SaysOnlyWhatIsCertain(bool afterALateTry, ErrorCode expected) =>
        SimulationLoop.Run(1, TimeSpan.FromHours(1), loop => CreateAsync(loop, afterALateTry, expected));

    private static async Task CreateAsync(SimulationLoop loop, bool afterALateTry, ErrorCode expected)
    {
        var script = new FaultScript();
        var storage = new FaultyBackend(new InMemoryBackend(loop.Time), script, loop.Time);
        await using var engine = new LogEngine(storage, new EngineOptions(), loop.Time, new SeededEntropy(new SeededRandom(1)), NullLogger.Instance);
        await engine.StartAsync(CancellationToken.None);
        if (afterALateTry)
            script.On(StorageVerb.CommitRows, Fault.Late(TimeSpan.FromMinutes(1)));
        bool IsRefused(StorageCall call) => call.Verb == StorageVerb.CommitRows || (afterALateTry && call.Verb == StorageVerb.ReadRow);
        script.On(IsRefused, Fault.Refused, occurrence: afterALateTry ? 2 : 1, times: 1000);

        var created = await engine.CreateTopicAsync(new NewTopic("topic", null, null, new Dictionary<string, string?>(), false), CancellationToken.None);

        Assert.Equal(expected, created.Refusal?.Code);
    }
}
