using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>
/// When an instance tries again whose storage is away. The clock that stands still is that of the start alone: what fails is the first call of the engine's start, which
/// changes something and so is not repeated by the engine, and the engine has a clock of its own.
/// </summary>
public sealed class EngineStartTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly FixedEntropy _entropy = new();
    private readonly FaultyStorage _storage = new();
    private readonly EngineStart _start;
    private int _tries;

    public EngineStartTests()
    {
        _storage.Fault = call =>
        {
            _tries += call.Verb == StorageVerb.Prepare ? 1 : 0;
            return OutcomeStatus.Unknown;
        };
        var engine = new LogEngine(_storage, new EngineOptions(), TimeProvider.System, _entropy, NullLogger.Instance);
        _start = new EngineStart(engine, new ServiceOptions(), _time, _entropy, NullLogger<EngineStart>.Instance);
    }

    public void Dispose() => _start.Dispose();

    [Theory]
    [InlineData(0.0, new[] { 0.5, 1, 2, 2.5, 2.5 })]
    [InlineData(0.5, new[] { 0.75, 1.5, 3, 3.75, 3.75 })]
    [InlineData(1.0, new[] { 1.0, 2, 4, 5, 5 })]
    public async Task EngineStart_WhenStorageIsAway_TriesAgainEveryFiveSecondsAtLeast(double chance, double[] pauses)
    {
        _entropy.Next = chance;
        await _start.StartAsync(CancellationToken.None);

        for (var tries = 1; tries <= pauses.Length; tries++)
        {
            await _time.WhenWaitingAsync(TimeSpan.FromSeconds(pauses[tries - 1]));
            Assert.Equal(tries, _tries);
            Assert.False(_start.IsStarted);
            Assert.NotNull(_start.LastFailure);
            _time.Advance(TimeSpan.FromSeconds(pauses[tries - 1]) - TimeSpan.FromTicks(1));
            Assert.Equal(tries, _tries);
            if (tries == pauses.Length)
                _storage.Fault = _ => null;
            _time.Advance(TimeSpan.FromTicks(1));
        }

        Assert.True(await _start.WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
        await _start.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task EngineStart_WhenItIsStoppedWhileStorageIsAway_Ends()
    {
        _entropy.Next = 1;
        await _start.StartAsync(CancellationToken.None);
        await _time.WhenWaitingAsync(TimeSpan.FromSeconds(1));

        await _start.StopAsync(CancellationToken.None);

        Assert.False(_start.IsStarted);
        Assert.Empty(_time.Waiting);
        Assert.Equal(1, _tries);
    }

    private sealed class FixedEntropy : Entropy
    {
        public double Next { get; set; }

        public override Guid NextGuid() => Guid.NewGuid();

        public override double NextDouble() => Next;
    }
}
