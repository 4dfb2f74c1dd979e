using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Log;

public sealed class ReadCacheTests
{
    private const int MiB = 1024 * 1024;
    private const string Blob = "b";

    private readonly InMemoryBackend _twin = new(TimeProvider.System);
    private readonly CountingBackend _calls;
    private readonly byte[] _content = new byte[10 * MiB];

    public ReadCacheTests()
    {
        _calls = new CountingBackend(_twin);
        new Random(1).NextBytes(_content);
        _twin.PrepareAsync([], default).AsTask().GetAwaiter().GetResult();
        _twin.PutBlobAsync(Blob, _content, default).AsTask().GetAwaiter().GetResult();
    }

    private ReadCache Cache(long budget = 64 * MiB) => new(_calls, budget);

    [Fact]
    public async Task Read_WhenLittleIsWanted_LoadsOneChunk_AndAllOfItIsThereAfterwards()
    {
        var cache = Cache();
        Equal(MiB + 5, 2 * MiB, await cache.ReadAsync(Blob, MiB + 5, 10 * MiB));
        Equal(MiB, 2 * MiB, await cache.ReadAsync(Blob, MiB, 10 * MiB));
        Assert.Equal(MiB, Assert.Single(_calls.Calls).Bytes);
    }

    [Fact]
    public async Task Read_WhenMuchIsWanted_LoadsFourChunksWithOneOperation()
    {
        var cache = Cache();
        Equal(5, 4 * MiB, await cache.ReadAsync(Blob, 5, 10 * MiB, 64 * MiB));
        Assert.Equal(4 * MiB, Assert.Single(_calls.Calls).Bytes);
    }

    [Fact]
    public async Task Read_AsksForNothingAtOrBeyondTheLimit()
    {
        var cache = Cache();
        Equal(MiB, MiB + 10, await cache.ReadAsync(Blob, MiB, MiB + 10, 64 * MiB));
        Assert.Equal(10, Assert.Single(_calls.Calls).Bytes);

        // The log grew: only what is new is read.
        Equal(MiB + 10, MiB + 30, await cache.ReadAsync(Blob, MiB + 10, MiB + 30));
        Assert.Equal(20, _calls.Calls[^1].Bytes);
    }

    [Fact]
    public async Task Read_LoadsOnlyTheGapBetweenWhatIsThere()
    {
        var cache = Cache();
        cache.Add(Blob, 0, _content.AsMemory(0, 100));
        cache.Add(Blob, 2 * MiB, _content.AsMemory(2 * MiB, MiB));
        Equal(100, 2 * MiB, await cache.ReadAsync(Blob, 200_000, 10 * MiB, 8 * MiB), from: 200_000);
        Assert.Equal((2 * MiB) - 100, Assert.Single(_calls.Calls).Bytes);
    }

    [Fact]
    public async Task Add_OverWhatIsThere_TakesOnlyWhatIsNot_AndLeavesHandedOutMemoryAsItWas()
    {
        var cache = Cache();
        cache.Add(Blob, 10, _content.AsMemory(10, 100));
        var handedOut = await cache.ReadAsync(Blob, 10, 10 * MiB);
        cache.Add(Blob, 300, _content.AsMemory(300, 50));
        cache.Add(Blob, 0, _content.AsMemory(0, 1000));
        cache.Add(Blob, 1000, _content.AsMemory(1000, 200_000));

        for (var position = 0L; position < 201_000;)
        {
            var found = await cache.ReadAsync(Blob, position, 201_000);
            Equal(position, position + found.Length, found);
            position += found.Length;
        }

        Equal(10, 110, handedOut);
        Assert.Empty(_calls.Calls);
    }

    [Fact]
    public async Task Add_OfLargeMemory_KeepsIt_AndOfASmallPartOfALargeArrayACopy()
    {
        var cache = Cache();
        var block = _content.AsMemory(0, MiB).ToArray();
        cache.Add(Blob, 0, block);
        Assert.True((await cache.ReadAsync(Blob, 0, MiB)).Span.Overlaps(block));
        Assert.Equal(MiB, cache.SizeInBytes);

        cache.Add(Blob, MiB, _content.AsMemory(MiB, 100_000));
        Assert.False((await cache.ReadAsync(Blob, MiB, MiB + 100_000)).Span.Overlaps(_content));
    }

    [Fact]
    public async Task Add_BeyondTheBudget_DropsWhatWasUsedLeastRecently()
    {
        var cache = Cache(3 * MiB);
        for (var i = 0; i < 3; i++)
            cache.Add(Blob, i * MiB, _content.AsMemory(i * MiB, MiB).ToArray());
        await cache.ReadAsync(Blob, 0, MiB);
        cache.Add(Blob, 3 * MiB, _content.AsMemory(3 * MiB, MiB).ToArray());

        Assert.Equal(3 * MiB, cache.SizeInBytes);
        Assert.Empty(_calls.Calls);
        await cache.ReadAsync(Blob, 0, MiB);
        Assert.Empty(_calls.Calls);
        await cache.ReadAsync(Blob, MiB, 2 * MiB);
        Assert.Single(_calls.Calls);
    }

    [Fact]
    public async Task Read_WhileAnotherReadsTheSameBytes_WaitsForItsRead()
    {
        var gate = new TaskCompletionSource();
        var cache = new ReadCache(new Gated(_calls, gate.Task), 64 * MiB);
        var one = cache.ReadAsync(Blob, 0, 10 * MiB, 4 * MiB).AsTask();
        var other = cache.ReadAsync(Blob, 3 * MiB, 10 * MiB).AsTask();
        gate.SetResult();
        Equal(0, 4 * MiB, await one);
        Equal(3 * MiB, 4 * MiB, await other);
        Assert.Single(_calls.Calls);
    }

    [Fact]
    public async Task ReadAhead_BringsWhatComesNext_AndDoesNotReadItTwice()
    {
        var cache = Cache();
        cache.Add(Blob, 3 * MiB, _content.AsMemory(3 * MiB, MiB));
        cache.ReadAhead(Blob, (3 * MiB) + 5, 10 * MiB, 4 * MiB);
        cache.ReadAhead(Blob, (3 * MiB) + 5, 10 * MiB, 4 * MiB);
        cache.ReadAhead(Blob, 10 * MiB, 10 * MiB, 4 * MiB);
        Equal(4 * MiB, 8 * MiB, await cache.ReadAsync(Blob, 4 * MiB, 10 * MiB, 4 * MiB));
        Assert.Equal(4 * MiB, Assert.Single(_calls.Calls).Bytes);
    }

    [Fact]
    public async Task ReadAhead_WhenItFails_LeavesTheReadingToWhoeverWantsTheBytes()
    {
        var answers = new Queue<bool>([false, true]);
        var cache = new ReadCache(new Failing(_calls, answers), 64 * MiB);
        cache.ReadAhead(Blob, 0, 10 * MiB, 1);
        Equal(0, MiB, await cache.ReadAsync(Blob, 0, 10 * MiB));
        Assert.Empty(answers);
    }

    [Fact]
    public async Task Prefetch_IsOneOperation_AndNoneWhereAllIsThere()
    {
        var cache = Cache();
        await cache.PrefetchAsync(Blob, 100, (2 * MiB) + 100);
        await cache.PrefetchAsync(Blob, 200, MiB);
        Assert.Equal(2 * MiB, Assert.Single(_calls.Calls).Bytes);
    }

    private void Equal(long start, long end, ReadOnlyMemory<byte> found, long? from = null) =>
        Assert.True(found.Span.SequenceEqual(_content.AsSpan()[(int)(from ?? start)..(int)end]), $"Not the {end - (from ?? start)} bytes from {from ?? start} on, but {found.Length}.");

    private sealed class Gated(IStorageBackend inner, Task gate) : InterceptingBackend(inner)
    {
        protected override async ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
        {
            await gate;
            return await proceed(cancellationToken);
        }
    }

    private sealed class Failing(IStorageBackend inner, Queue<bool> answers) : InterceptingBackend(inner)
    {
        protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) =>
            answers.Dequeue() ? proceed(cancellationToken) : ValueTask.FromResult(Outcome.Unknown<T>("test"));
    }
}
