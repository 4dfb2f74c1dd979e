using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ManagedLog.Proof.Load;

/// <summary>Clients that speak to the socket themselves, because none would otherwise behave like that.</summary>
internal sealed class RudeClients(LoadTarget target, AnswerCounts counts, string key, string topic)
{
    private const int BodyBytes = 1024 * 1024;
    private static readonly TimeSpan s_drip = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    /// <summary>Announces a body of 1 MiB, sends a little, and then a byte a second until it is cut off.</summary>
    public async Task DripAsync(CancellationToken cancellationToken)
    {
        using var client = await OpenAsync(cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Head($"/topics/{topic}", LoadTarget.JsonFormat, $"Content-Length: {BodyBytes}"), cancellationToken);
        await stream.WriteAsync(new byte[BodyBytes / 16], cancellationToken);
        var answer = StatusAsync(stream, cancellationToken);
        while (await Task.WhenAny(answer, Task.Delay(s_drip, cancellationToken)) != answer)
            await stream.WriteAsync(new byte[1], cancellationToken);
        counts.Add("drip", await answer);
        await Task.Delay(s_pause, cancellationToken);
    }

    /// <summary>Goes away in the middle: of a body, of a stream's record, of an answer, in turn.</summary>
    public async Task VanishAsync(int turn, CancellationToken cancellationToken)
    {
        using (var client = await OpenAsync(cancellationToken))
        {
            var stream = client.GetStream();
            switch (turn % 3)
            {
                case 0:
                    await stream.WriteAsync(Head($"/topics/{topic}", LoadTarget.JsonFormat, $"Content-Length: {BodyBytes}"), cancellationToken);
                    await stream.WriteAsync(new byte[BodyBytes / 16], cancellationToken);
                    break;
                case 1:
                    await stream.WriteAsync(Head(target.StreamPath(topic), "application/json", "Transfer-Encoding: chunked"), cancellationToken);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"100000\r\n{{\"value\":{{\"type\":\"STRING\",\"data\":\"{new string('x', 100_000)}"), cancellationToken);
                    break;
                default:
                    await stream.WriteAsync(
                        Encoding.ASCII.GetBytes($"GET /topics/{topic}/partitions/0/records?offset=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"), cancellationToken);
                    break;
            }

            client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        counts.Add("vanish", "gone");
        await Task.Delay(s_pause, cancellationToken);
    }

    private async Task<TcpClient> OpenAsync(CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync(target.Server.Host, target.Server.Port, cancellationToken);
        return client;
    }

    private byte[] Head(string path, string type, string length) =>
        Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: {type}\r\n{length}\r\n\r\n");

    private static async Task<int> StatusAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var line = new byte["HTTP/1.1 200".Length];
        await stream.ReadExactlyAsync(line, cancellationToken);
        return int.Parse(Encoding.ASCII.GetString(line.AsSpan(^3..)), CultureInfo.InvariantCulture);
    }
}
