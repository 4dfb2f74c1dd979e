using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Alone, so that nothing else takes memory while it looks.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}

/// <summary>What many attacks leave behind: nothing.</summary>
[Collection(Alone.Name)]
public sealed class MemoryTests
{
    private const int Rounds = 10;
    private const int Clients = 40;
    private const int BodyBytes = 1_000_000;

    /// <summary>What pools keep, and what the tests before left to be found later.</summary>
    private const long Slack = 48L * 1024 * 1024;

    [Fact]
    public async Task Memory_AfterRoundsOfAttacks_IsBackAtItsLevel()
    {
        await using var world = await HostileWorld.StartAsync();
        for (var i = 0; i < 3; i++)
            await AttackAsync(world);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Rounds; i++)
            await AttackAsync(world);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.True(after - before < Slack, $"{before} bytes before, {after} after; {(long)Rounds * Clients * BodyBytes} went in.");
        await world.CheckAsync();
    }

    /// <summary>Each is over when it returns: the server has hung up.</summary>
    private static Task AttackAsync(HostileWorld world) => Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
    {
        var filler = new string('x', BodyBytes);
        HostileWorld.ExpectRefusals(await world.AttackAsync((client % 4) switch
        {
            // A body that breaks off, one that is not JSON, too many headers, and a stream that breaks off within a record.
            0 => $"POST /topics/{world.Topic} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TestService.Text}\r\nContent-Length: {2 * BodyBytes}\r\n\r\n{filler}",
            1 => $"POST /topics/{world.Topic} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TestService.Text}\r\nContent-Length: {BodyBytes}\r\nConnection: close\r\n\r\n{filler}",
            2 => $"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {filler}\r\n\r\n",
            _ => $"POST {world.Service.V3("/topics")} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{BodyBytes:x}\r\n{filler}",
        }, breaksOff: true));
    }));
}
