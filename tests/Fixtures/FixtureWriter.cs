using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Fixtures;

/// <summary>Lets today's engine write an account in virtual time: the same code writes the same bytes.</summary>
internal static class FixtureWriter
{
    /// <summary>Small, so that segments meet it soon. Whoever loads the image sets the same.</summary>
    public const int MaxBlocks = 40;

    public const int CheckpointBlocks = 8;

    public static Fixture Write()
    {
        Fixture? fixture = null;
        SimulationLoop.Run(1, TimeSpan.FromDays(1), async loop => fixture = await WriteAsync(loop));
        return fixture!;
    }

    /// <summary>Another account, of compacted topics.</summary>
    public static Fixture WriteCompacted()
    {
        Fixture? fixture = null;
        SimulationLoop.Run(1, TimeSpan.FromDays(1), async loop => fixture = await WriteCompactedAsync(loop));
        return fixture!;
    }

    public static InMemoryBackend NewAccount(TimeProvider time) => new(time, new InMemoryBackendOptions { MaxBlocks = MaxBlocks });

    /// <summary>An engine as the one that wrote the fixture.</summary>
    public static async Task<LogEngine> StartAsync(IStorageBackend storage, TimeProvider time, ulong seed)
    {
        var engine = new LogEngine(storage, new EngineOptions { CheckpointBlocks = CheckpointBlocks }, time, new SeededEntropy(new SeededRandom(seed)), NullLogger.Instance);
        await engine.StartAsync(default);
        return engine;
    }

    /// <summary>What is to be read follows from more than what was sent: so it is what a reader finds who has seen nothing, once it was compared with that.</summary>
    private static async Task<Fixture> WriteCompactedAsync(SimulationLoop loop)
    {
        var recorder = new ImageRecorder(NewAccount(loop.Time));
        var storage = new StallingBackend(recorder, loop.Time);
        var log = new SentLog(await StartAsync(storage, loop.Time, seed: 1), loop.Time);
        await new CompactedScenario(log, storage, loop.Time).RunAsync();
        var image = await recorder.TakeAsync();

        var copy = NewAccount(loop.Time);
        await image.LoadAsync(copy);
        var reader = await StartAsync(copy, loop.Time, seed: 2);
        foreach (var topic in (await reader.ListTopicsAsync(default)).Value)
            CompactedCheck.Run(log.SentTo(topic, 0), await CompactedCheck.ReadAsync(reader, topic), (await reader.OffsetsAsync(topic, 0, default)).Value.LogStart);
        return new Fixture(image, await LogTextReader.ReadAsync(reader));
    }

    private static async Task<Fixture> WriteAsync(SimulationLoop loop)
    {
        var storage = new ImageRecorder(NewAccount(loop.Time));
        var log = new SentLog(await StartAsync(storage, loop.Time, seed: 1), loop.Time);
        await new FixtureScenario(log, storage, loop.Time).RunAsync();
        var image = await storage.TakeAsync();
        var text = await log.ExpectAsync();

        // What was sent is what a reader who has seen nothing finds; otherwise this is no build to freeze anything with.
        var copy = NewAccount(loop.Time);
        await image.LoadAsync(copy);
        var read = await LogTextReader.ReadAsync(await StartAsync(copy, loop.Time, seed: 2));
        return text == read ? new Fixture(image, text) : throw new InvalidDataException($"What is read is not what was sent. Sent:\n{text}\nRead:\n{read}");
    }
}
