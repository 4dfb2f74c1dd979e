using ManagedLog.Fuzzing;

namespace ManagedLog.Functions.Tests.Fuzzing;

/// <summary>A short run of what <c>tests/Fuzzing</c> runs long.</summary>
public sealed class FuzzingTests
{
    /// <summary>Some seconds on one core; far more means that a run does not end.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Readers_OfMutationsOfValidInputs_NeverThrowNeverHangAndStayWithinTheirMemory()
    {
        var fuzzer = new Fuzzer(seed: 1);

        // On a thread of its own, so that an endless loop ends in a failure that names the run.
        var running = Task.Factory.StartNew(() => fuzzer.Run(0, 30_000, _ => { }), TaskCreationOptions.LongRunning);
        await Task.WhenAny(running, Task.Delay(s_limit));

        Assert.True(running.IsCompleted, $"Run {fuzzer.Current} does not end. Repeat it with: {fuzzer.Repeat(fuzzer.Current)}");
        var report = await running;
        Assert.True(report.Failures.Count == 0, string.Join('\n', report.Failures));
        Assert.Equal(30_000, report.Runs);
        Assert.All(report.Targets, target => Assert.True(target.Value.Runs > 100, target.Key));
    }

    [Fact]
    public void Draw_OfOneNumberUnderOneSeed_IsAlwaysTheSameInput()
    {
        for (var run = 0; run < 300; run++)
            Assert.Equal(new Fuzzer(seed: 3).Draw(run).Input, new Fuzzer(seed: 3).Draw(run).Input);
        Assert.NotEqual(new Fuzzer(seed: 3).Draw(77).Input, new Fuzzer(seed: 4).Draw(77).Input);
    }
}
