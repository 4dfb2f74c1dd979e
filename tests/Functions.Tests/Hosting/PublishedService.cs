using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>
/// The published service, started as the Azure Functions host starts its custom handler: the executable that host.json names, in the folder of host.json, with
/// the port in the environment, where also the host's own address is still set; not told anything by arguments, and never asked to stop.
/// </summary>
internal sealed class PublishedService : IAsyncDisposable
{
    public const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

    /// <summary>Where the build of this project has put it.</summary>
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "published");

    /// <summary>The host gives up on a handler that does not answer within this time.</summary>
    private static readonly TimeSpan s_readyTimeout = TimeSpan.FromSeconds(30);

    private PublishedService(ObservedProcess process, Uri address)
    {
        Process = process;
        Client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", SecureService.AdminKey);
    }

    public ObservedProcess Process { get; }

    public HttpClient Client { get; }

    /// <summary>Starts the process without waiting for it, on a free port unless the settings name one.</summary>
    public static PublishedService Launch(IReadOnlyDictionary<string, string?> settings)
    {
        var environment = new Dictionary<string, string?>(settings);
        environment["ManagedLog__Security__AdminKeyHash"] = SecureService.AdminKeyHash;
        environment.TryAdd(PortVariable, FreePorts.Find().ToString(CultureInfo.InvariantCulture));
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "host.json")))!;
        var executable = host["customHandler"]!["description"]!["defaultExecutablePath"]!.GetValue<string>();
        var process = ObservedProcess.Start(Path.Combine(Folder, executable), [], environment, Folder);
        return new PublishedService(process, new Uri($"http://127.0.0.1:{environment[PortVariable]}"));
    }

    /// <summary>Starts the process and waits as the host does: until GET / answers anything.</summary>
    public static async Task<PublishedService> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var service = Launch(settings);
        using var timeout = new CancellationTokenSource(s_readyTimeout);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await service.AnswersAsync(timeout.Token))
            Assert.True(await ticks.WaitForNextTickAsync(timeout.Token));
        return service;
    }

    /// <summary>How the host ends its handler: at once and without a signal that it could handle.</summary>
    public async Task KillAsync()
    {
        ProcessSignals.SendKill(Process.Id);
        await Process.ExitCodeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Client.GetAsync("/", cancellationToken);
            return answer.StatusCode != HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
