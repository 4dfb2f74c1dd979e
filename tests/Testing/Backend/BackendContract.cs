using System.Text;
using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>
/// Base of the suites that every backend must pass, so that the in-memory twin and the real service can stand for each other. A suite is an
/// abstract class; a test project derives one class per suite and backend, and gives each test an account of its own.
/// </summary>
public abstract class BackendContract : IAsyncLifetime
{
    protected const string Table = "rows";
    protected const string OtherTable = "other";

    protected static CancellationToken None => CancellationToken.None;

    protected IStorageBackend Backend { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Backend = await CreateAsync();
        Done(await Backend.PrepareAsync([Table, OtherTable], None));
    }

    public virtual Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A backend whose container and tables nobody else uses.</summary>
    protected abstract ValueTask<IStorageBackend> CreateAsync();

    protected static T Done<T>(Outcome<T> outcome)
    {
        Assert.True(outcome.IsDone, outcome.ToString());
        return outcome.Value;
    }

    protected static void Failed<T>(ConditionFailure failure, Outcome<T> outcome, int operation = -1)
    {
        Assert.True(outcome.Failed(failure), $"Expected a failed condition {failure}, got {outcome}.");
        Assert.Equal(operation, outcome.FailedOperation);
    }

    protected static void Missing<T>(Outcome<T> outcome, int operation = -1)
    {
        Assert.True(outcome.Status == OutcomeStatus.Missing, $"Expected Missing, got {outcome}.");
        Assert.Equal(operation, outcome.FailedOperation);
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Bytes that differ from place to place, so that a shifted read shows.</summary>
    protected static byte[] Pattern(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected async Task<string> CreateAppendBlobAsync(string blob = "a/log", params string[] blocks)
    {
        Done(await Backend.CreateAppendBlobAsync(blob, None));
        var position = 0L;
        foreach (var block in blocks)
            position = Done(await Backend.AppendAsync(blob, position, Bytes(block), None));
        return blob;
    }

    protected async Task<string> ReadTextAsync(string blob)
    {
        var range = Done(await Backend.ReadRangeAsync(blob, 0, 16 * 1024 * 1024, None));
        Assert.Equal(range.BlobLength, range.Content.Length);
        return Encoding.UTF8.GetString(range.Content.Span);
    }

    /// <summary>Runs all of them at once and waits for all.</summary>
    protected static Task<T[]> AtOnceAsync<T>(int count, Func<int, Task<T>> run) => Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => run(i))));
}
