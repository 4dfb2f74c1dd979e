using ManagedLog.Engine.Backend;
using ManagedLog.Testing;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Backend;

public sealed class RetryingBackendTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ManualTimeProvider _time = new();
    private readonly FailingBackend _failing;
    private readonly CountingBackend _calls;
    private readonly RetryingBackend _backend;

    public RetryingBackendTests()
    {
        _failing = new FailingBackend(new InMemoryBackend(_time));
        _calls = new CountingBackend(_failing);
        _backend = new RetryingBackend(_calls, _time, new MiddleEntropy());
    }

    [Theory]
    [InlineData(OutcomeStatus.Throttled)]
    [InlineData(OutcomeStatus.Unknown)]
    public async Task Read_WhenItFailsThreeTimes_AnswersAfterPausesThatDouble(OutcomeStatus status)
    {
        _failing.Status = status;
        _failing.Left = 3;

        var read = _backend.ReadRangeAsync("a", 0, 1, None).AsTask();

        foreach (var pause in new[] { 50, 100, 200 })
        {
            Assert.False(read.IsCompleted);
            Assert.Equal([TimeSpan.FromMilliseconds(pause)], _time.Waiting);
            _time.Advance(TimeSpan.FromMilliseconds(pause));
        }

        Assert.Equal(OutcomeStatus.Missing, (await read).Status);
        Assert.Equal(4, _calls.Snapshot()[StorageVerb.ReadRange]);
    }

    [Fact]
    public async Task Read_WhenItKeepsFailing_AnswersTheFailureAfterFourTries()
    {
        _failing.Left = 100;

        var read = _backend.ReadRowAsync("t", new RowAddress("p", "r"), None).AsTask();
        while (_time.Waiting.Count > 0)
            _time.Advance(_time.Waiting[0]);

        Assert.Equal(OutcomeStatus.Unknown, (await read).Status);
        Assert.Equal(RetryingBackend.MaxTries, _calls.Snapshot().Total);
    }

    [Fact]
    public async Task Read_WhenTriesTakeLong_StopsAtTheTotal()
    {
        _failing.Left = 100;
        _failing.BeforeAnswer = () => _time.Advance(TimeSpan.FromSeconds(10));

        var read = _backend.GetBlobAsync("a", None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(50));

        Assert.Equal(OutcomeStatus.Unknown, (await read).Status);
        Assert.Equal(2, _calls.Snapshot().Total);
    }

    [Fact]
    public async Task Read_WhenCancelledInAPause_StopsWaiting()
    {
        _failing.Left = 1;
        using var cancellation = new CancellationTokenSource();

        var read = _backend.ListBlobsAsync("", null, 1, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(1, _calls.Snapshot().Total);
    }

    [Fact]
    public async Task Read_WhenAnsweredOrRefused_IsNotRepeated()
    {
        Assert.Equal(OutcomeStatus.Missing, (await _backend.GetBlobAsync("a", None)).Status);

        Assert.Equal("GetBlob=1", _calls.Snapshot().ToString());
    }

    [Fact]
    public async Task Change_WhenItFails_IsNeverRepeated()
    {
        _failing.Left = 100;
        var id = Guid.Empty;

        OutcomeStatus[] answers =
        [
            (await _backend.PrepareAsync([], None)).Status,
            (await _backend.CreateAppendBlobAsync("a", None)).Status,
            (await _backend.AppendAsync("a", 0, new byte[1], None)).Status,
            (await _backend.PutBlobAsync("a", new byte[1], None)).Status,
            (await _backend.StageBlockAsync("a", "1", new byte[1], None)).Status,
            (await _backend.CommitBlocksAsync("a", ["1"], None)).Status,
            (await _backend.DeleteBlobAsync("a", new ETag("x"), None)).Status,
            (await _backend.CommitRowsAsync("t", new RowBatch("p").Delete("r", null), None)).Status,
            (await _backend.AcquireLeaseAsync("a", id, StorageLimits.MinLease, None)).Status,
            (await _backend.RenewLeaseAsync("a", id, None)).Status,
            (await _backend.ReleaseLeaseAsync("a", id, None)).Status,
        ];

        Assert.All(answers, status => Assert.Equal(OutcomeStatus.Unknown, status));
        Assert.Equal(answers.Length, _calls.Snapshot().Total);
        Assert.Empty(_time.Waiting);
    }

    /// <summary>Fails the next calls without making them.</summary>
    private sealed class FailingBackend(IStorageBackend inner) : InterceptingBackend(inner)
    {
        public OutcomeStatus Status { get; set; } = OutcomeStatus.Unknown;

        public int Left { get; set; }

        public Action BeforeAnswer { get; set; } = () => { };

        protected override ValueTask<Outcome<T>> InvokeAsync<T>(
            StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
        {
            BeforeAnswer();
            if (Left == 0)
                return proceed(cancellationToken);
            Left--;
            return new(Status == OutcomeStatus.Throttled ? Outcome.Throttled<T>() : Outcome.Unknown<T>());
        }
    }

    /// <summary>Jitter that changes nothing.</summary>
    private sealed class MiddleEntropy : Entropy
    {
        public override Guid NextGuid() => Guid.Empty;

        public override double NextDouble() => 0.5;
    }
}
