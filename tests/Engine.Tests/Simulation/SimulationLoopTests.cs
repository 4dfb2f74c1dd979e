using System.Threading.Channels;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// The ground that the simulation stands on: one thread, virtual time, an order that the seed decides, and tasks that cannot leave unnoticed.
/// </summary>
public sealed class SimulationLoopTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(1);

    [Fact]
    public void Run_WithOneSeed_RepeatsItsOrder()
    {
        Assert.Equal(OrderOf(7), OrderOf(7));
        Assert.Contains(Enumerable.Range(0, 20), seed => OrderOf((ulong)seed) != OrderOf(7));
    }

    [Fact]
    public void Run_WhenTasksWait_JumpsToTheirTimers()
    {
        var woke = new List<(string Who, TimeSpan At)>();
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            await Task.WhenAll(WaitAsync("late", 90), WaitAsync("early", 30));

            async Task WaitAsync(string who, int seconds)
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), loop.Time);
                woke.Add((who, TimeSpan.FromTicks(loop.Elapsed)));
            }
        });

        Assert.Equal([("early", TimeSpan.FromSeconds(30)), ("late", TimeSpan.FromSeconds(90))], woke);
    }

    [Fact]
    public void Clock_WhenSkewed_ShowsAnotherDayButTheSamePace()
    {
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            var clock = new VirtualTimeProvider(loop.World) { Skew = TimeSpan.FromMinutes(-5) };
            var began = clock.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(2), clock);

            Assert.Equal(TimeSpan.FromSeconds(2), clock.GetElapsedTime(began));
            Assert.Equal(loop.Time.GetUtcNow() - TimeSpan.FromMinutes(5), clock.GetUtcNow());
        });
    }

    [Fact]
    public void Timer_WithAPeriod_FiresUntilItIsDisposed()
    {
        var fired = 0;
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            await using (loop.Time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)))
                await Task.Delay(TimeSpan.FromSeconds(3.5), loop.Time);
            await Task.Delay(TimeSpan.FromSeconds(10), loop.Time);
        });

        Assert.Equal(3, fired);
    }

    [Fact]
    public void Timer_WhenChanged_KeepsOnlyItsLastTime()
    {
        var fired = new List<TimeSpan>();
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            var timer = loop.Time.CreateTimer(_ => fired.Add(TimeSpan.FromTicks(loop.Elapsed)), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            timer.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
            await Task.Delay(TimeSpan.FromSeconds(10), loop.Time);
        });

        Assert.Equal([TimeSpan.FromSeconds(4)], fired);
    }

    [Fact]
    public void Kill_AtAnAwait_EndsAllOfThatProcessAndNothingElse()
    {
        var steps = new List<string>();
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            var process = new SimulationScheduler(loop, "process");
            var clock = new VirtualTimeProvider(process);
            _ = process.Start(async () =>
            {
                for (var i = 1; ; i++)
                {
                    steps.Add($"{i}");
                    await Task.Delay(TimeSpan.FromSeconds(1), clock);
                }
            });
            await Task.Delay(TimeSpan.FromSeconds(2.5), loop.Time);
            process.Kill();
            _ = process.Start(() =>
            {
                steps.Add("after death");
                return Task.CompletedTask;
            });
            await Task.Delay(TimeSpan.FromSeconds(10), loop.Time);
        });

        Assert.Equal(["1", "2", "3"], steps);
    }

    [Fact]
    public void Pause_HoldsAllOfThatProcessUntilResume()
    {
        var steps = new List<double>();
        SimulationLoop.Run(1, s_limit, async loop =>
        {
            var process = new SimulationScheduler(loop, "process");
            var clock = new VirtualTimeProvider(process);
            var work = process.Start(async () =>
            {
                for (var i = 0; i < 3; i++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), clock);
                    steps.Add(TimeSpan.FromTicks(loop.Elapsed).TotalSeconds);
                }
            });
            await Task.Delay(TimeSpan.FromSeconds(1.5), loop.Time);
            process.Pause();
            await Task.Delay(TimeSpan.FromSeconds(60), loop.Time);
            process.Resume();
            await work;
        });

        Assert.Equal([1, 61.5, 62.5], steps);
    }

    [Fact]
    public void Run_WhenATaskLeavesTheThread_Fails()
    {
        using var gate = new ManualResetEventSlim();
        var escape = Assert.Throws<SimulationException>(() => SimulationLoop.Run(1, s_limit, async loop =>
        {
            var elsewhere = Task.Factory.StartNew(gate.Wait, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
            _ = loop.World.Start(() =>
            {
                gate.Set();
                return Task.CompletedTask;
            });
            await elsewhere;
        }));

        Assert.Contains("another thread", escape.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AssertCurrent_FromAnotherProcess_FailsTheRunEvenWhenSwallowed()
    {
        Assert.Throws<SimulationException>(() => SimulationLoop.Run(1, s_limit, async loop =>
        {
            var process = new SimulationScheduler(loop, "process");
            try
            {
                process.AssertCurrent("a storage call");
            }
            catch (SimulationException)
            {
                // The run must know nevertheless.
            }

            await Task.Yield();
        }));
    }

    [Fact]
    public void Run_WhenNothingCanEverHappen_Fails() =>
        Assert.Throws<SimulationException>(() => SimulationLoop.Run(1, s_limit, _ => new TaskCompletionSource().Task));

    [Fact]
    public void Run_BeyondItsLimit_Fails() =>
        Assert.Throws<SimulationException>(() => SimulationLoop.Run(1, s_limit, loop => Task.Delay(s_limit * 2, loop.Time)));

    private static string OrderOf(ulong seed)
    {
        var order = new List<string>();
        SimulationLoop.Run(seed, s_limit, async loop =>
        {
            var channel = Channel.CreateUnbounded<string>();
            var workers = Enumerable.Range(0, 4).Select(WorkAsync).ToList();
            for (var i = 0; i < 12; i++)
            {
                await Task.Yield();
                channel.Writer.TryWrite($"{i}");
            }

            channel.Writer.Complete();
            await Task.WhenAll(workers);

            async Task WorkAsync(int worker)
            {
                while (await channel.Reader.WaitToReadAsync())
                {
                    while (channel.Reader.TryRead(out var item))
                        order.Add($"{worker}:{item}");
                }
            }
        });
        return string.Join(' ', order);
    }
}
