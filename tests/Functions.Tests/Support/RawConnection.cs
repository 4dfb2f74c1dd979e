using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>One HTTP/1.1 connection, byte by byte: to see chunks as they are sent, to send while reading, and to break off.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TcpClient _client = new();
    private readonly CancellationTokenSource _limit = new(Limit);
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(address.Host, address.Port);
        connection._client.NoDelay = true;
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <summary>Sends a POST up to its headers.</summary>
    public Task PostAsync(string path, string type, string more) =>
        SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n{more}\r\n\r\n");

    public Task PostChunkedAsync(string path, string type = "application/json") => PostAsync(path, type, "Transfer-Encoding: chunked");

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), _limit.Token);

    /// <summary>As <see cref="SendAsync(string)"/>, to a server that may have hung up already.</summary>
    public async Task SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, _limit.Token);
        }
        catch (IOException)
        {
            // What it answered before can still be read.
        }
    }

    public Task SendChunkAsync(string text) => SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    public Task EndChunksAsync() => SendAsync("0\r\n\r\n");

    /// <summary>The status line and the headers, as they came.</summary>
    public async Task<string> HeadersAsync()
    {
        var text = new StringBuilder();
        while (await LineAsync() is { Length: > 0 } line)
            text.Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>The next chunk of the answer; null after the last.</summary>
    public async Task<string?> ChunkAsync()
    {
        var length = int.Parse(await LineAsync(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var chunk = new byte[length + 2];
        await _stream.ReadExactlyAsync(chunk, _limit.Token);
        return length == 0 ? null : Encoding.UTF8.GetString(chunk, 0, length);
    }

    /// <summary>The whole body of an answer with a length.</summary>
    public async Task<string> BodyAsync(string headers)
    {
        var name = headers.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + "Content-Length: ".Length;
        var body = new byte[int.Parse(headers[name..headers.IndexOf('\n', name)], CultureInfo.InvariantCulture)];
        await _stream.ReadExactlyAsync(body, _limit.Token);
        return Encoding.UTF8.GetString(body);
    }

    /// <summary>Waits until the server has ended the connection, and gives what it sent before.</summary>
    public async Task<string> ClosedAsync()
    {
        var all = new MemoryStream();
        var rest = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(rest, _limit.Token) is > 0 and var count)
                all.Write(rest, 0, count);
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>Says that nothing more will be sent, in the middle of whatever it was.</summary>
    public void BreakOff() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Goes away without a word: the server is sent a reset.</summary>
    public void Vanish()
    {
        _client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Client.Close();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _limit.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one, _limit.Token);
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
    }
}
