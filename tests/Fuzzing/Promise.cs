namespace ManagedLog.Fuzzing;

/// <summary>What must hold of an input, whatever it is.</summary>
internal static class Promise
{
    public static void Holds(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException($"Not so: {what}");
    }
}
