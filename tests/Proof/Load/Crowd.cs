using System.Net.Sockets;

namespace ManagedLog.Proof.Load;

/// <summary>Clients that behave badly, each kind of them one caller with a key of its own.</summary>
internal sealed class Crowd(LoadTarget target, AnswerCounts counts)
{
    public const string Topic = "load-flood";

    /// <summary>In which nothing happens, so that whoever reads it waits.</summary>
    public const string QuietTopic = "load-quiet";

    public const int Partitions = 4;

    private const int LargeBody = 256 * 1024;
    private static readonly TimeSpan s_afterCut = TimeSpan.FromSeconds(1);

    /// <summary>Of ten clients four flood with small produces and one with large ones, two poll, one reads a stream, one drips and one vanishes.</summary>
    public async Task<IReadOnlyList<Task>> StartAsync(int clients, CancellationToken cancellationToken)
    {
        var flood = await target.MakeKeyAsync("flood", cancellationToken);
        var readers = await target.MakeKeyAsync("readers", cancellationToken);
        var rude = new RudeClients(target, counts, await target.MakeKeyAsync("rude", cancellationToken), Topic);
        var large = new string('x', LargeBody);
        return [.. Enumerable.Range(0, clients).Select(number => (number % 10) switch
        {
            < 4 => AgainAsync("flood", _ => CountAsync("flood", target.ProduceAsync(flood, Topic, "flood", cancellationToken), false, cancellationToken), cancellationToken),
            4 => AgainAsync("large", _ => CountAsync("large", target.ProduceAsync(flood, Topic, large, cancellationToken), false, cancellationToken), cancellationToken),
            5 or 6 => AgainAsync("poll", turn => CountAsync("poll", PollAsync(readers, number + turn, cancellationToken), true, cancellationToken), cancellationToken),
            7 => AgainAsync("stream", _ => CountAsync("stream", target.FetchAsync(readers, $"/topics/{QuietTopic}/records?offset=latest", "text/event-stream", cancellationToken), true, cancellationToken), cancellationToken),
            8 => AgainAsync("drip", _ => rude.DripAsync(cancellationToken), cancellationToken),
            _ => AgainAsync("vanish", turn => rude.VanishAsync(turn, cancellationToken), cancellationToken),
        })];
    }

    private Task<(int, TimeSpan?)> PollAsync(string key, int turn, CancellationToken cancellationToken) =>
        target.FetchAsync(key, $"/topics/{QuietTopic}/partitions/{turn % Partitions}/records?offset=latest&timeout=10000", "*/*", cancellationToken);

    /// <summary>A client that is patient waits as long as Retry-After says; one that floods does not.</summary>
    private async Task CountAsync(string client, Task<(int Status, TimeSpan? RetryAfter)> answering, bool isPatient, CancellationToken cancellationToken)
    {
        var (status, retryAfter) = await answering;
        counts.Add(client, status);
        if (retryAfter is { } wait && isPatient)
            await Task.Delay(wait, cancellationToken);
    }

    private async Task AgainAsync(string client, Func<int, Task> act, CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (var turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            try
            {
                await act(turn);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException or SocketException && !cancellationToken.IsCancellationRequested)
            {
                counts.Add(client, "cut off");
                await Task.Delay(s_afterCut, cancellationToken);
            }
        }
    }
}
