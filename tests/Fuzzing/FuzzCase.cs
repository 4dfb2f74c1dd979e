namespace ManagedLog.Fuzzing;

/// <summary>One input, what is done with it, and what that may allocate at most.</summary>
/// <param name="Input">As it is printed when something is wrong.</param>
/// <param name="Execute">Throws where the input is not met as promised. Can be called again.</param>
internal sealed record FuzzCase(string Input, long MostAllocated, Action Execute);
