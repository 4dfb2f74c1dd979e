using System.Collections.Concurrent;
using System.Globalization;

namespace ManagedLog.Proof.Load;

/// <summary>How often each kind of client was told what.</summary>
internal sealed class AnswerCounts
{
    private readonly ConcurrentDictionary<(string Client, string Answer), long> _counts = new();

    public void Add(string client, int status) => Add(client, status.ToString(CultureInfo.InvariantCulture));

    public void Add(string client, string answer) => _counts.AddOrUpdate((client, answer), 1, static (_, count) => count + 1);

    /// <summary>Of all kinds of clients.</summary>
    public long Of(int status) => _counts.Where(count => count.Key.Answer == status.ToString(CultureInfo.InvariantCulture)).Sum(static count => count.Value);

    /// <summary>For <see cref="Read"/>.</summary>
    public void Write(TextWriter output)
    {
        foreach (var ((client, answer), count) in _counts)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{client}\t{answer}\t{count}"));
    }

    public static AnswerCounts Read(string text)
    {
        var counts = new AnswerCounts();
        foreach (var parts in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.TrimEnd('\r').Split('\t')))
            counts._counts[(parts[0], parts[1])] = long.Parse(parts[2], CultureInfo.InvariantCulture);
        return counts;
    }

    public IEnumerable<string> Lines => _counts.GroupBy(static count => count.Key.Client).OrderBy(static counts => counts.Key, StringComparer.Ordinal).Select(static counts =>
        $"{counts.Key,-10}" + string.Concat(counts.OrderBy(static count => count.Key.Answer, StringComparer.Ordinal).Select(static count => $" {count.Key.Answer}: {count.Value,-8}")));
}
