using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests.Proof;

/// <summary>Both proofs in the small, on running processes.</summary>
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

    private static ObservedProcess Start(params string[] arguments) =>
        ObservedProcess.Start(Path.Combine(AppContext.BaseDirectory, "ManagedLog.Proof"), arguments, new Dictionary<string, string?>());
}
