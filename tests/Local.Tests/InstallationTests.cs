using System.Globalization;
using ManagedLog.Local.Emulator;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests;

/// <summary>How the emulator gets into the cache, with a fake npm in place of the real one.</summary>
public sealed class InstallationTests
{
    private const string GoodNode = "v20.0.0";

    [Fact]
    public async Task Start_WhenNodeIsMissing_RefusesInOneSentence()
    {
        using var fake = new FakeNode(version: null, npm: null);

        await AssertRefusedAsync(fake, "Node.js was not found: install Node.js 20 or newer, which runs the storage emulator, so that \"node\" is on the PATH.");
    }

    [Fact]
    public async Task Start_WhenNodeIsTooOld_RefusesInOneSentence()
    {
        using var fake = new FakeNode("v18.19.1", FakeNode.Installs);

        await AssertRefusedAsync(fake, $"{fake["bin/node"]} is Node.js v18.19.1, which is too old: install Node.js 20 or newer.");
        Assert.Empty(fake.NpmRuns);
    }

    [Fact]
    public async Task Start_WhenNodeTellsNoVersion_RefusesInOneSentence()
    {
        using var fake = new FakeNode("nonsense", FakeNode.Installs);

        await AssertRefusedAsync(fake, $"{fake["bin/node"]} did not tell its version (it said \"nonsense\"): install Node.js 20 or newer.");
    }

    [Fact]
    public async Task Start_WhenNpmIsMissing_RefusesInOneSentence()
    {
        using var fake = new FakeNode(GoodNode, npm: null);

        await AssertRefusedAsync(
            fake, "npm was not found: install npm, which comes with Node.js and fetches the storage emulator, so that \"npm\" is on the PATH.");
    }

    [Fact]
    public async Task Start_WhenNpmFails_RefusesInOneSentenceWithItsLastLines()
    {
        using var fake = new FakeNode(GoodNode, "echo 'npm error code ENOTFOUND' >&2; echo >&2; echo 'npm error network getaddrinfo failed.' >&2; exit 3");

        await AssertRefusedAsync(fake, "npm could not install the storage emulator (azurite 3.37.0): code ENOTFOUND; network getaddrinfo failed.");
        Assert.Empty(fake.CachedFolders);
    }

    [Fact]
    public async Task Start_WhenNpmInstallsNothing_RefusesInOneSentence()
    {
        using var fake = new FakeNode(GoodNode, "exit 0");

        await AssertRefusedAsync(
            fake, "npm said that it installed the storage emulator (azurite 3.37.0), but its main file is not there: try again, or update npm.");
        Assert.Empty(fake.CachedFolders);
    }

    [Fact]
    public async Task Start_WhenTheEmulatorEndsAtOnce_SaysHow()
    {
        using var fake = new FakeNode(GoodNode, FakeNode.Installs);

        await AssertRefusedAsync(fake, "The storage emulator ended with exit code 7: this is not an emulator.");
    }

    [Fact]
    public async Task Install_WhenItSucceeds_IsDoneOnceAndNamesNoRegistry()
    {
        using var fake = new FakeNode(GoodNode, FakeNode.Installs);

        await EndAsync(fake);
        await EndAsync(fake);

        var arguments = Assert.Single(fake.NpmRuns);
        Assert.EndsWith($" azurite@{AzuriteInstaller.Version}", arguments, StringComparison.Ordinal);
        Assert.DoesNotContain("registry", arguments, StringComparison.Ordinal);
        Assert.Equal([AzuriteInstaller.Version], fake.CachedFolders);
    }

    [Fact]
    public async Task Install_WhenTwoWantIt_OneInstallsAndTheOtherWaits()
    {
        using var gate = new Gate();
        using var fake = new FakeNode(GoodNode, $"{gate.Wait} && {FakeNode.Installs}");

        await using var first = StartProgram(fake);
        await first.LineAsync("Installing the storage emulator");
        await using var second = StartProgram(fake);
        await second.LineAsync("Waiting for another process that installs the storage emulator");
        await gate.ReachedAsync();
        await gate.OpenAsync();

        Assert.Equal(ExitCodes.Failed, await first.ExitCodeAsync());
        Assert.Equal(ExitCodes.Failed, await second.ExitCodeAsync());
        Assert.Single(fake.NpmRuns);
        Assert.Equal([AzuriteInstaller.Version], fake.CachedFolders);
    }

    [Fact]
    public async Task Install_WhenKilledHalfway_IsNotUsedAndDoneAgain()
    {
        using var gate = new Gate();
        using var fake = new FakeNode(GoodNode, $"{FakeNode.Installs} && {gate.Wait}");
        await using (var killed = StartProgram(fake))
        {
            await gate.ReachedAsync();
            ProcessSignals.SendKill(killed.Id);
            await killed.ExitCodeAsync();
        }

        await gate.OpenAsync();
        Assert.DoesNotContain(AzuriteInstaller.Version, fake.CachedFolders);
        await using var next = StartProgram(fake);
        await gate.ReachedAsync();
        await gate.OpenAsync();

        Assert.Equal(ExitCodes.Failed, await next.ExitCodeAsync());
        Assert.Equal(2, fake.NpmRuns.Count);
        Assert.Equal([AzuriteInstaller.Version], fake.CachedFolders);
    }

    [Fact]
    public async Task Install_WhenAskedToStop_EndsNpmAndLeavesNothing()
    {
        using var gate = new Gate();
        using var fake = new FakeNode(GoodNode, $"{FakeNode.Installs} && echo $$ > \"$3/pid\" && {gate.Wait}");
        await using var program = StartProgram(fake);
        await gate.ReachedAsync();
        var note = fake[$"cache/managedlog/azurite/{Assert.Single(fake.CachedFolders)}/pid"];
        var npm = int.Parse(File.ReadAllText(note).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);

        ProcessSignals.SendTerminate(program.Id);

        Assert.Equal(ExitCodes.Stopped, await program.ExitCodeAsync());
        await ObservedProcess.GoneAsync(npm);
        Assert.Empty(fake.CachedFolders);
        Assert.Empty(program.Errors);
    }

    private static ObservedProcess StartProgram(FakeNode fake) => LocalProgram.Start(
        fake.Environment, "--data", fake.NewDataFolder(), "--port", FreePorts.Find().ToString(CultureInfo.InvariantCulture));

    private static async Task EndAsync(FakeNode fake)
    {
        await using var program = StartProgram(fake);
        Assert.Equal(ExitCodes.Failed, await program.ExitCodeAsync());
    }

    private static async Task AssertRefusedAsync(FakeNode fake, string sentence)
    {
        await using var program = StartProgram(fake);
        Assert.Equal(ExitCodes.Failed, await program.ExitCodeAsync());
        Assert.Equal([sentence], program.Errors);
    }
}
