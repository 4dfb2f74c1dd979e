namespace ManagedLog.Local;

/// <summary>
/// Writes whole lines to the console from several sources. A console that has gone away (a closed terminal) must not stop the orderly stop, so it is ignored.
/// </summary>
internal sealed class ConsoleOutput
{
    private readonly Lock _lock = new();

    public void Line(string line) => Write(Console.Out, line);

    public void Error(string line) => Write(Console.Error, line);

    /// <summary>A writer of lines that says where they come from.</summary>
    public Action<string> From(string source) => line => Line($"{source} | {line}");

    private void Write(TextWriter writer, string line)
    {
        lock (_lock)
        {
            try
            {
                writer.WriteLine(line);
            }
            catch (IOException)
            {
                // Nobody reads any more.
            }
        }
    }
}
