using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ManagedLog.Local.Tests;

/// <summary>What is refused before anything is started: one sentence on standard error, nothing on standard output, an exit code other than zero.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--port abc", "--port takes a number from 1 to 65535, not \"abc\".")]
    [InlineData("--port 0", "--port takes a number from 1 to 65535, not \"0\".")]
    [InlineData("--port 65536", "--port takes a number from 1 to 65535, not \"65536\".")]
    [InlineData("--instances 0", "--instances takes a number from 1 to 32, not \"0\".")]
    [InlineData("--instances -1", "--instances takes a number from 1 to 32, not \"-1\".")]
    [InlineData("--storage disk", "--storage is azurite or memory, not \"disk\".")]
    [InlineData("--port 65535 --instances 2", "--port 65535 leaves too few ports for 2 instances: the last port is 65535.")]
    [InlineData(
        "--storage memory --instances 2",
        "--storage memory is for one instance, because instances share nothing but storage: leave out --instances 2 or use --storage azurite.")]
    [InlineData("--data", "Required argument missing for option: '--data'.")]
    [InlineData("--verbose", "Unrecognized command or argument '--verbose'.")]
    public async Task Start_WhenTheCommandLineIsWrong_RefusesInOneSentence(string arguments, string sentence)
    {
        await using var program = LocalProgram.Start(arguments.Split(' '));

        Assert.Equal(ExitCodes.Usage, await program.ExitCodeAsync());
        Assert.Equal([sentence], program.Errors);
        Assert.Empty(program.Output);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    public async Task Start_WhenThePortIsTaken_RefusesInOneSentence(string address)
    {
        using var taken = new TcpListener(IPAddress.Parse(address), 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        await using var program = LocalProgram.Start("--port", port);

        Assert.Equal(ExitCodes.Failed, await program.ExitCodeAsync());
        Assert.Equal([$"Port {port} is in use: stop what listens there or choose another with --port."], program.Errors);
        Assert.Empty(program.Output);
    }

    [Fact]
    public async Task Start_WhenHelpIsAsked_NamesEveryOption()
    {
        await using var program = LocalProgram.Start("--help");

        Assert.Equal(0, await program.ExitCodeAsync());
        Assert.Empty(program.Errors);
        foreach (var option in (string[])["--port", "--data", "--storage", "--instances"])
            Assert.Contains(program.Output, line => line.TrimStart().StartsWith(option, StringComparison.Ordinal));
    }
}
