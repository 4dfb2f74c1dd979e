using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Fixtures;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Engine.Tests.Format;

/// <summary>An account into which a frozen fixture was loaded, days after it was written, in virtual time.</summary>
internal sealed class FrozenAccount
{
    /// <summary>The formats that every build reads. One is added with each new format, none is ever taken away.</summary>
    public static TheoryData<string> Formats => ["Format1"];

    /// <summary>The same, of accounts whose topics are compacted.</summary>
    public static TheoryData<string> CompactedFormats => ["Format1Compacted"];

    private readonly SimulationLoop _loop;
    private ulong _seeds = 100;

    private FrozenAccount(SimulationLoop loop, Fixture fixture)
    {
        _loop = loop;
        Fixture = fixture;
        Storage = FixtureWriter.NewAccount(loop.Time);
    }

    public Fixture Fixture { get; }

    public InMemoryBackend Storage { get; }

    public long Now => _loop.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static Fixture Read(string format) => FixtureFolder.Read(Path.Combine(AppContext.BaseDirectory, format));

    public static void Run(string format, Func<FrozenAccount, Task> body) => SimulationLoop.Run(1, TimeSpan.FromDays(400), async loop =>
    {
        var account = new FrozenAccount(loop, Read(format));
        await account.WaitAsync(TimeSpan.FromDays(2));
        await account.Fixture.Image.LoadAsync(account.Storage);
        await body(account);
    });

    public Task<LogEngine> StartAsync() => FixtureWriter.StartAsync(Storage, _loop.Time, ++_seeds);

    public Task WaitAsync(TimeSpan span) => Task.Delay(span, _loop.Time);

    /// <summary>Ticks of the housekeeping, some minutes apart, so that even what was just announced is looked at.</summary>
    public async Task KeepHouseAsync(LogEngine engine, int ticks, TimeSpan apart)
    {
        for (var tick = 0; tick < ticks; tick++)
        {
            await WaitAsync(apart);
            var ticked = await engine.RunHousekeepingAsync(default);
            Assert.False(ticked.IsRefused, ticked.Refusal?.ToString());
            Assert.Equal(0, ticked.Value.Failed);
        }
    }

    public async Task<PartitionHeadRow> HeadAsync(Topic topic, int partition) => PartitionHeadRow.Decode(
        (await Storage.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(topic.At(partition)), StorageLayout.HeadRowKey), default)).Value);

    public async Task<List<string>> BlobsAsync() => [.. (await Storage.ListBlobsAsync("", null, 5000, default)).Value.Blobs.Select(blob => blob.Name)];
}
