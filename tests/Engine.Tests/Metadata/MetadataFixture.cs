using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>
/// One account in memory, and instances over it: one whose calls meet <see cref="Faults"/> and are counted, and others without faults. Everything runs on the one
/// thread of a simulation in virtual time, which fails the test if anything leaves it.
/// </summary>
internal sealed class MetadataFixture
{
    private readonly SimulationLoop _loop;
    private readonly SeededRandom _random;

    private MetadataFixture(SimulationLoop loop, ulong seed)
    {
        _loop = loop;
        _random = new SeededRandom(seed);
        Twin = new InMemoryBackend(loop.Time, new InMemoryBackendOptions { MaxRowsPerPage = 3 });
        Network = new FaultyBackend(Twin, Faults, loop.Time);
        Calls = new CountingBackend(Network);
        Backend = new RetryingBackend(Calls, loop.Time, Entropy());
        Catalog = new TopicCatalog(Backend, new EngineOptions(), loop.Time, Entropy());
    }

    public InMemoryBackend Twin { get; }

    public FaultScript Faults { get; } = new();

    public FaultyBackend Network { get; }

    public CountingBackend Calls { get; }

    public IStorageBackend Backend { get; }

    public TopicCatalog Catalog { get; }

    public TimeProvider Time => _loop.Time;

    public SimulationScheduler World => _loop.World;

    public static void Run(Func<MetadataFixture, Task> body, ulong seed = 1) => SimulationLoop.Run(seed, TimeSpan.FromHours(2), async loop =>
    {
        var fixture = new MetadataFixture(loop, seed);
        Assert.True((await fixture.Twin.PrepareAsync(StorageLayout.Tables, default)).IsDone);
        await body(fixture);
    });

    public SeededEntropy Entropy() => new(_random.Fork());

    /// <summary>A catalog that has seen nothing, over the same account, without faults.</summary>
    public TopicCatalog Another() => new(Twin, new EngineOptions(), Time, Entropy());

    public Task WaitAsync(TimeSpan span) => Task.Delay(span, Time);

    /// <summary>Deletes to the end, as if no partition had to be sealed.</summary>
    public async Task DeleteAsync(string name)
    {
        var catalog = Another();
        var marked = Accepted(await catalog.MarkDeletingAsync(name, default));
        Accepted(await catalog.FinishDeletionAsync(marked, default));
    }

    /// <summary>The keys of all rows of topics that are stored.</summary>
    public async Task<IReadOnlyList<string>> TopicRowKeysAsync() => [.. (await RowsAsync(StorageLayout.TopicsTable, StorageLayout.TopicsPartitionKey)).Select(row => row.Address.RowKey)];

    public async Task<IReadOnlyList<Row>> RowsAsync(string table, string partitionKey)
    {
        var rows = new List<Row>();
        string? continuation = null;
        do
        {
            var page = await Twin.QueryRowsAsync(table, new RowQuery(partitionKey, Continuation: continuation), default);
            rows.AddRange(page.Value.Rows);
            continuation = page.Value.Continuation;
        }
        while (continuation is not null);
        return rows;
    }

    public static NewTopic Asked(string name, int? partitions = null, params (string Name, string? Value)[] configs) =>
        new(name, partitions, null, configs.ToDictionary(config => config.Name, config => config.Value), ValidateOnly: false);

    public static T Accepted<T>(Result<T> result)
    {
        Assert.False(result.IsRefused, result.Refusal?.ToString());
        return result.Value;
    }

    public static void Refused<T>(Protocol.Errors.ErrorCode code, Result<T> result)
    {
        Assert.True(result.IsRefused, "It was not refused.");
        Assert.Equal(code, result.Refusal.Code);
    }
}
