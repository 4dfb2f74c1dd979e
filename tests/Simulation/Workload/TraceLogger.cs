using Microsoft.Extensions.Logging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Puts what an instance logs into the trace. An error is a violation: nothing that a run does to storage may look to the engine like a broken log.
/// </summary>
internal sealed class TraceLogger(World world, string name) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = $"{formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}";
        world.Trace.Add(name, $"logs {logLevel}: {text}");
        if (logLevel >= LogLevel.Error)
            world.Report("I11", $"{name} logged an error: {text}");
    }
}
