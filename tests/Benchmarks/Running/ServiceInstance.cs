using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ManagedLog.Benchmarks.Http;
using ManagedLog.Local;
using ManagedLog.Local.Processes;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Benchmarks.Running;

/// <summary>
/// One process of the service as it is built, started as the Functions host starts it: so its housekeeping runs when it is called and not in the middle of a measurement.
/// It ends with its standard input, which is ours.
/// </summary>
internal sealed class ServiceInstance : IAsyncDisposable
{
    private const string Key = "mlk_admin_of_benchmarks_on_loopback_that_nobody_else_reaches";

    private readonly ChildProcess _process;

    private ServiceInstance(ChildProcess process, int port)
    {
        _process = process;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    public Uri Address { get; }

    /// <summary>What stands behind <c>Host:</c>: where the request goes, and on the next line who sends it, because callers are known in production too.</summary>
    public string Host => $"{Address.Authority}\r\nAuthorization: Bearer {Key}";

    public int ProcessId => _process.Id;

    /// <summary>What it has used of the processor since it began.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            using var process = Process.GetProcessById(ProcessId);
            return process.TotalProcessorTime;
        }
    }

    public static async Task<ServiceInstance> StartAsync(string connectionString, params (string Name, string Value)[] settings)
    {
        var port = FreePorts.Find();
        var executable = Path.ChangeExtension(BuildInformation.ServiceAssembly, OperatingSystem.IsWindows() ? "exe" : null);
        var start = new ProcessStartInfo(executable) { WorkingDirectory = Path.GetDirectoryName(executable) };
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["ManagedLog__StopAtEndOfInput"] = "true";
        start.Environment["ManagedLog__Storage"] = "azure";
        start.Environment["ManagedLog__ConnectionString"] = connectionString;
        start.Environment["ManagedLog__Security__AdminKeyHash"] = Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(Key)));
        // It would append to a topic of its own once a minute.
        start.Environment["ManagedLog__Engine__HistoryInterval"] = "00:00:00";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var instance = new ServiceInstance(ChildProcess.Start(start, static _ => { }), port);
        await instance.WaitUntilReadyAsync();
        return instance;
    }

    public Task<HttpConnection> ConnectAsync() => HttpConnection.OpenAsync(Address);

    /// <summary>Answers what was done, in words.</summary>
    public async Task<string> HousekeepAsync()
    {
        using var connection = await ConnectAsync();
        await connection.ExpectAsync("POST", "/housekeeping", Host, """{"Data":{}}"""u8.ToArray(), "Content-Type: application/json");
        return Encoding.UTF8.GetString(connection.Body.Span);
    }

    /// <summary>The sum of all series of one metric whose line contains a text.</summary>
    public async Task<double> MetricAsync(string name, string containing = "")
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var text = await http.GetStringAsync(new Uri(Address, "/metrics"));
        return text.Split('\n')
            .Where(line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && line.Contains(containing, StringComparison.Ordinal))
            .Sum(static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync();
        await _process.DisposeAsync();
    }

    private async Task WaitUntilReadyAsync()
    {
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            if (_process.Exited.IsCompleted || tries > 1200)
                throw new LaunchException(_process.Exited.IsCompleted ? await _process.DescribeEndAsync("The service") : "The service was not ready within a minute.");
            try
            {
                using var answer = await http.GetAsync(new Uri(Address, "/health/ready"));
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(50);
        }
    }
}
