using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>What a caller is told when its time is up, and that nothing is sent for it that it was told had failed (I5).</summary>
public sealed class PendingAppendTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public void TimeOut_WhileItWaits_FailsItAndTheWriterLeavesItOut() => Run(async (append, time) =>
    {
        await Task.Delay(s_timeout * 2, time);

        Assert.False(append.TryTake());
        Assert.Equal(ErrorCode.KafkaStorageError, await CodeAsync(append));
    });

    [Fact]
    public void TimeOut_BeforeItsFirstTry_FailsItAndItIsNeverTried() => Run(async (append, time) =>
    {
        Assert.True(append.TryTake());
        await Task.Delay(s_timeout * 2, time);

        Assert.False(append.TryBegin());
        Assert.Equal(ErrorCode.KafkaStorageError, await CodeAsync(append));
    });

    [Fact]
    public void TimeOut_AfterItsTryWasRefuted_FailsItAndItIsNeverTriedAgain() => Run(async (append, time) =>
    {
        Assert.True(append.TryTake());
        Assert.True(append.TryBegin());
        append.Refute();
        await Task.Delay(s_timeout * 2, time);

        Assert.False(append.TryBegin());
        Assert.Equal(ErrorCode.KafkaStorageError, await CodeAsync(append));
    });

    [Fact]
    public void TimeOut_WhileATryMayStand_LeavesItUnknown() => Run(async (append, time) =>
    {
        Assert.True(append.TryTake());
        Assert.True(append.TryBegin());
        await Task.Delay(s_timeout * 2, time);

        Assert.Equal(ErrorCode.RequestTimedOut, await CodeAsync(append));
    });

    [Fact]
    public void TimeOut_WhileASecondTryMayStand_LeavesItUnknown() => Run(async (append, time) =>
    {
        Assert.True(append.TryTake());
        Assert.True(append.TryBegin());
        append.Refute();
        Assert.True(append.TryBegin());
        await Task.Delay(s_timeout * 2, time);

        Assert.Equal(ErrorCode.RequestTimedOut, await CodeAsync(append));
    });

    private static async Task<ErrorCode> CodeAsync(PendingAppend append) => (await append.Answer).Refusal!.Code;

    private static void Run(Func<PendingAppend, TimeProvider, Task> body) => SimulationLoop.Run(1, TimeSpan.FromMinutes(1), async loop =>
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, null, new byte[8], []);
        var batch = builder.Build();
        RecordBatchHeader.TryRead(batch.Span, out var header);
        using var append = new PendingAppend([batch], [header], "Topic 't' partition 0", s_timeout);
        append.StartClock(loop.Time);
        await body(append, loop.Time);
    });
}
