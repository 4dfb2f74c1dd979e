using System.CommandLine;
using System.Diagnostics;

namespace ManagedLog.Proof.Load;

/// <summary>
/// The badly behaved clients as a process of their own, as they would be elsewhere: of low priority, so that on a small machine they take no processor away from the instance. Runs until
/// its input ends and then writes what they were told.
/// </summary>
internal sealed class CrowdCommand
{
    public const string Name = "load-crowd";

    private readonly Option<string> _server = new("--server") { Description = "The instance.", Required = true };
    private readonly Option<int> _clients = new("--clients") { Description = "How many.", Required = true };

    public CrowdCommand()
    {
        Command = new Command(Name, "Started by load.") { _server, _clients };
        Command.Hidden = true;
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using (var own = Process.GetCurrentProcess())
            own.PriorityClass = ProcessPriorityClass.BelowNormal;
        using var target = await LoadTarget.FindAsync(new Uri(parsed.GetValue(_server)!), cancellationToken);
        var counts = new AnswerCounts();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var crowd = await new Crowd(target, counts).StartAsync(parsed.GetValue(_clients), stop.Token);
        await Console.In.ReadToEndAsync(cancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(crowd).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        counts.Write(Console.Out);
        return 0;
    }
}
