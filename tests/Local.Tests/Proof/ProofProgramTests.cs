using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>The proofs in the small, on running processes.</summary>
public sealed class ProofProgramTests
{
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

    private static ObservedProcess Start(params string[] arguments) =>
        ObservedProcess.Start(Path.Combine(AppContext.BaseDirectory, "ManagedLog.Proof"), arguments, new Dictionary<string, string?>());
}
