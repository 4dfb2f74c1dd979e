using ManagedLog.Proof.History.Events;
using ManagedLog.Testing;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>The proofs in the small, on running processes.</summary>
public sealed class ProofProgramTests
{
    /// <summary>How little a well-behaved caller notices, a test that runs beside others cannot tell; that it is never refused while others are, and that nothing stays held, it can.</summary>
    [Fact]
    public async Task Load_WhenClientsFloodAnInstance_IsBorne()
    {
        await using var proof = Start("load", "--seconds", "8", "--clients", "200", "--slower", "1000");

        Assert.True(await proof.ExitCodeAsync() == 0, string.Join('\n', [.. proof.Output, .. proof.Errors]));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_WhenAFewMegabytesGoThroughTwoInstances_Holds()
    {
        await using var proof = Start("stream", "--megabytes", "5", "--instances", "2");

        Assert.True(await proof.ExitCodeAsync() == 0, string.Join('\n', proof.Errors));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kill_WhenOneOfThreeInstancesIsKilledAgainAndAgain_Holds()
    {
        await using var proof = Start("kill", "--instances", "3", "--seconds", "8", "--kill-every", "1");

        Assert.True(await proof.ExitCodeAsync() == 0, string.Join('\n', proof.Errors));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resume_WhenTheInstanceThatServesTheStreamIsKilledAgainAndAgain_Holds()
    {
        await using var proof = Start("resume", "--instances", "3", "--seconds", "8", "--kill-every", "1");

        Assert.True(await proof.ExitCodeAsync() == 0, string.Join('\n', proof.Errors));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
    }

    /// <summary>How fast it is, a test that runs beside others cannot tell; that every record comes, it can.</summary>
    [Fact]
    public async Task Events_WhenProducedOnOneInstance_AreSeenOnAnother()
    {
        await using var proof = Start("events", "--rate", "10", "--seconds", "3", "--p50", "20000", "--p99", "20000");

        Assert.True(await proof.ExitCodeAsync() == 0, string.Join('\n', proof.Errors));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task History_WithEachKindOfFault_IsCleanAndSoWhenJudgedAgain()
    {
        using var folder = new TemporaryFolder();
        await using var proof = Start("history", "--seconds", "22", "--seed", "1", "--folder", folder.Path);

        // Half a minute or so; faults that follow one another take longer on a busy machine.
        Assert.True(await proof.ExitCodeAsync(TimeSpan.FromMinutes(6)) == 0, string.Join('\n', [.. proof.Output, .. proof.Errors]));
        Assert.Contains(proof.Output, static line => line.StartsWith("checked", StringComparison.Ordinal));
        Assert.Equal(Enum.GetValues<FaultKind>().Length, proof.Output.Count(static line => line.StartsWith("faults", StringComparison.Ordinal)));
        Assert.DoesNotContain(proof.Output, static line => line.EndsWith("in 0 ticks of 0 instances at the end", StringComparison.Ordinal));

        Assert.DoesNotContain(proof.Output, static line => line.StartsWith("compaction 0 rounds", StringComparison.Ordinal));

        await using var again = Start("judge", folder["history-1.jsonl"]);
        Assert.Equal(0, await again.ExitCodeAsync());
        // The figures and the verdict, without what came before them and the line that says where the history is.
        Assert.Equal(proof.Output.SkipWhile(static line => !line.StartsWith("requests", StringComparison.Ordinal)).SkipLast(1), again.Output);
    }

    private static ObservedProcess Start(params string[] arguments) =>
        ObservedProcess.Start(Path.Combine(AppContext.BaseDirectory, "ManagedLog.Proof"), arguments, new Dictionary<string, string?>());
}
