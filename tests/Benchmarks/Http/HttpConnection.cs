using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ManagedLog.Benchmarks.Http;

/// <summary>
/// One connection that is kept, one request at a time, with as little work as HTTP/1.1 allows: what both sides of a comparison are driven with, so that the generator takes
/// no time from what it measures. Not a client for anything else.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[64 * 1024];
    private int _filled;

    private HttpConnection(Socket socket) => _socket = socket;

    /// <summary>Of the last answer; valid until the next request.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Status line and headers of the last answer, as they came.</summary>
    public string Head { get; private set; } = "";

    public static async Task<HttpConnection> OpenAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        return new HttpConnection(socket);
    }

    /// <summary>Head and body of a request in one piece.</summary>
    public static byte[] Request(string method, string path, string host, ReadOnlySpan<byte> body, params string[] headers)
    {
        var head = Encoding.ASCII.GetBytes(HeadOf(method, path, host, body.Length, headers));
        return [.. head, .. body];
    }

    /// <summary>Sends a request that was put together before, and reads the whole answer. Answers its status.</summary>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        await WriteAsync(request);
        return await ReadAnswerAsync();
    }

    public async ValueTask<int> SendAsync(string method, string path, string host, ReadOnlyMemory<byte> body, params string[] headers)
    {
        await WriteAsync(Encoding.ASCII.GetBytes(HeadOf(method, path, host, body.Length, headers)));
        if (!body.IsEmpty)
            await WriteAsync(body);
        return await ReadAnswerAsync();
    }

    /// <summary>The same, and anything but a success is the end of the benchmark.</summary>
    public async ValueTask ExpectAsync(string method, string path, string host, ReadOnlyMemory<byte> body, params string[] headers) =>
        Check(await SendAsync(method, path, host, body, headers));

    public async ValueTask ExpectAsync(ReadOnlyMemory<byte> request) => Check(await SendAsync(request));

    public void Dispose() => _socket.Dispose();

    private void Check(int status)
    {
        if (status is < 200 or > 299)
            throw new InvalidOperationException($"{Head}\n{Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, 500)])}");
    }

    private static string HeadOf(string method, string path, string host, int length, string[] headers)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        if (length > 0 || method != "GET")
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        foreach (var header in headers)
            head.Append(header).Append("\r\n");
        return head.Append("\r\n").ToString();
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
    }

    private async ValueTask<int> ReadAnswerAsync()
    {
        _filled = 0;
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            await FillAsync();
        Head = Encoding.ASCII.GetString(_buffer, 0, end);
        var start = end + 4;
        if (Value("content-length: ") is { } length)
        {
            var count = int.Parse(length, CultureInfo.InvariantCulture);
            MakeRoom(start + count);
            while (_filled < start + count)
                await FillAsync();
            Body = _buffer.AsMemory(start, count);
        }
        else if (Value("transfer-encoding: ") is not null)
        {
            await ReadChunksAsync(start);
        }
        else
        {
            Body = default;
        }

        return int.Parse(Head.AsSpan(9, 3), CultureInfo.InvariantCulture);
    }

    private string? Value(string name)
    {
        var at = Head.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return null;
        var end = Head.IndexOf('\r', at);
        return Head[(at + name.Length)..(end < 0 ? Head.Length : end)];
    }

    /// <summary>Puts the chunks together where they stand.</summary>
    private async ValueTask ReadChunksAsync(int start)
    {
        var to = start;
        for (var at = start; ;)
        {
            int line;
            while ((line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8)) < 0)
                await FillAsync();
            var size = int.Parse(Encoding.ASCII.GetString(_buffer, at, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at += line + 2;
            MakeRoom(at + size + 2);
            while (_filled < at + size + 2)
                await FillAsync();
            _buffer.AsSpan(at, size).CopyTo(_buffer.AsSpan(to));
            to += size;
            at += size + 2;
            if (size == 0)
                break;
        }

        Body = _buffer.AsMemory(start, to - start);
    }

    private async ValueTask FillAsync()
    {
        if (_filled == _buffer.Length)
            MakeRoom(_buffer.Length * 2);
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_filled), SocketFlags.None);
        if (read == 0)
            throw new IOException("The server closed the connection.");
        _filled += read;
    }

    private void MakeRoom(int bytes)
    {
        if (bytes > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
    }
}
