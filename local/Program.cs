using ManagedLog.Local;

var console = new ConsoleOutput();
return await new CommandLine(Path.Combine(BuildInformation.Repository, ".data"), console).InvokeAsync(args, async options =>
{
    using var signals = new StopSignals();
    try
    {
        await new Launcher(options, console).RunAsync(signals.Token);
        return ExitCodes.Stopped;
    }
    catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
    {
        console.Line("Stopped.");
        return ExitCodes.Stopped;
    }
    catch (LaunchException e)
    {
        console.Error(e.Message);
        return ExitCodes.Failed;
    }
});
