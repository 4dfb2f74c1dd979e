namespace ManagedLog.Fuzzing;

/// <summary>Something that reads what others wrote, and how an input for it is drawn.</summary>
internal sealed record FuzzTarget(string Name, Func<Random, FuzzCase> Draw);
