using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedLog.Testing;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests;

/// <summary>The whole, with the real emulator and the real service, from the start to every kind of end.</summary>
public sealed class RunningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly int _port = FreePorts.Find(neighbours: 2);

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Start_WithTwoInstances_BothAnswerAndTheMessageNamesThem()
    {
        await using var program = Start("--instances", "2");

        await program.LineAsync($"ManagedLog is ready: http://localhost:{_port}");
        await program.LineAsync($"http://localhost:{_port + 1}");

        foreach (var port in (int[])[_port, _port + 1])
            Assert.True((await _http.GetAsync(new Uri($"http://localhost:{port}/health/ready"))).IsSuccessStatusCode);
        await StopAsync(program);
    }

    [Fact]
    public async Task ReadyMessage_WhenItsCommandsAreRun_WritesAndReadsARecord()
    {
        await using var program = LocalProgram.Start("--storage", "memory", "--port", _port.ToString(CultureInfo.InvariantCulture));
        await program.LineAsync("Ctrl+C stops everything.");

        var answers = await RunAsync(CurlCommand.FindAll(program.Output));

        Assert.Equal(3, answers.Count);
        Assert.StartsWith("""[{"topic":"greetings","key":"alice","value":{"text":"hello"},"partition":0,"offset":0,""", answers[2], StringComparison.Ordinal);
        await StopAsync(program);
    }

    [Fact]
    public async Task Readme_WhenItsCommandsAreRun_AnswersAsItSays()
    {
        await using var program = LocalProgram.Start("--storage", "memory", "--port", _port.ToString(CultureInfo.InvariantCulture));
        await program.LineAsync("ManagedLog is ready");
        var readme = await File.ReadAllLinesAsync(Path.Combine(BuildInformation.Repository, "README.md"));
        var cluster = await ClusterAsync();

        var answers = await RunAsync(CurlCommand.FindAll(readme).Select(line => line
            .Replace("http://localhost:7071/", $"http://localhost:{_port}/", StringComparison.Ordinal)
            .Replace("$CLUSTER", cluster, StringComparison.Ordinal)));

        Assert.Equal(8, answers.Count);
        foreach (var shown in new[] { answers[1], answers[2], answers[5] })
            Assert.Contains(Timeless(shown), readme.Select(Timeless));
        Assert.Contains("\"max_lag\":0,\"total_lag\":0", answers[7], StringComparison.Ordinal);
        await StopAsync(program);

        static string Timeless(string json) => Regex.Replace(json, "\"timestamp\":[0-9]+", "\"timestamp\":0");
    }

    [Fact]
    public async Task Start_WithMemoryStorage_NeedsNoNode()
    {
        await using var program = LocalProgram.Start(
            new Dictionary<string, string?> { ["PATH"] = _folder.Path }, "--storage", "memory", "--port", _port.ToString(CultureInfo.InvariantCulture));

        await program.LineAsync("ManagedLog is ready");
        await ProduceAsync("in memory");

        Assert.Equal(["in memory"], await FetchAsync());
        await StopAsync(program);
    }

    [Fact]
    public async Task Start_WhenTheDataFolderIsInUse_RefusesInOneSentence()
    {
        await using var program = Start();
        await program.LineAsync("ManagedLog is ready");

        await using var second = LocalProgram.Start(
            "--data", _folder["data"], "--port", FreePorts.Find().ToString(CultureInfo.InvariantCulture));

        Assert.Equal(ExitCodes.Failed, await second.ExitCodeAsync());
        Assert.Equal(
            [$"The data folder {_folder["data"]} is in use by another storage emulator: stop that one or choose another folder with --data."], second.Errors);
        await StopAsync(program);
    }

    [Fact]
    public async Task Stop_WhenTerminated_StopsServicesThenEmulatorAndKeepsTheData()
    {
        await using (var program = Start())
        {
            await program.LineAsync("ManagedLog is ready");
            await ProduceAsync("kept");
            var service = await program.ProcessIdAsync($"The service on port {_port}");
            var emulator = await program.ProcessIdAsync("The storage emulator");

            await StopAsync(program);

            await ObservedProcess.GoneAsync(service);
            await ObservedProcess.GoneAsync(emulator);
            var lines = program.Output.ToList();
            var emulatorStops = lines.FindIndex(
                static line => line.StartsWith("emulator | ", StringComparison.Ordinal) && line.Contains("is closing", StringComparison.Ordinal));
            Assert.InRange(emulatorStops, lines.FindLastIndex(static line => line.StartsWith("service | ", StringComparison.Ordinal)), int.MaxValue);
        }

        await using var next = Start();
        await next.LineAsync("ManagedLog is ready");
        Assert.Equal(["kept"], await FetchAsync());
        await StopAsync(next);
    }

    [Fact]
    public async Task Stop_WhenCtrlCReachesEveryProcessAtOnce_IsAsOrderly()
    {
        await using var program = Start();
        await program.LineAsync("ManagedLog is ready");
        var service = await program.ProcessIdAsync($"The service on port {_port}");
        var emulator = await program.ProcessIdAsync("The storage emulator");

        // The children first: the worst order.
        ProcessSignals.SendInterrupt(emulator);
        ProcessSignals.SendInterrupt(service);
        ProcessSignals.SendInterrupt(program.Id);

        Assert.Equal(ExitCodes.Stopped, await program.ExitCodeAsync());
        Assert.Empty(program.Errors);
        await ObservedProcess.GoneAsync(service);
        await ObservedProcess.GoneAsync(emulator);
    }

    [Fact]
    public async Task Stop_WhenAskedTwice_StillSavesTheData()
    {
        await using (var program = Start())
        {
            await program.LineAsync("ManagedLog is ready");
            await ProduceAsync("kept");
            var emulator = await program.ProcessIdAsync("The storage emulator");
            ProcessSignals.SendTerminate(program.Id);
            ProcessSignals.SendTerminate(program.Id);
            Assert.Equal(ExitCodes.Stopped, await program.ExitCodeAsync());
            await ObservedProcess.GoneAsync(emulator);
        }

        await using var next = Start();
        await next.LineAsync("ManagedLog is ready");
        Assert.Equal(["kept"], await FetchAsync());
        await StopAsync(next);
    }

    [Theory]
    [InlineData("Azurite Blob service is starting")]
    [InlineData("The service on port")]
    public async Task Stop_WhenAskedWhileItStarts_EndsWithExitCodeZero(string line)
    {
        await using var program = Start();
        await program.LineAsync(line);

        await StopAsync(program);

        Assert.DoesNotContain(program.Output, static line => line.Contains("ManagedLog is ready", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WhenTheLauncherIsKilled_TheChildrenEndAndTheDataAreSaved()
    {
        int service, emulator;
        await using (var program = Start())
        {
            await program.LineAsync("ManagedLog is ready");
            service = await program.ProcessIdAsync($"The service on port {_port}");
            emulator = await program.ProcessIdAsync("The storage emulator");
            await ProduceAsync("saved");
            ProcessSignals.SendKill(program.Id);
            await program.ExitCodeAsync();
        }

        await ObservedProcess.GoneAsync(service);
        // The emulator may still be saving: the next start waits for that.
        await using var next = Start();
        await next.LineAsync("ManagedLog is ready");
        await ObservedProcess.GoneAsync(emulator);
        Assert.Equal(["saved"], await FetchAsync());
        await StopAsync(next);
    }

    [Fact]
    public async Task Run_WhenAServiceDies_ReportsItAndStopsTheWhole()
    {
        await using var program = Start("--instances", "2");
        await program.LineAsync("ManagedLog is ready");
        var victim = await program.ProcessIdAsync($"The service on port {_port + 1}");
        var other = await program.ProcessIdAsync($"The service on port {_port}");
        var emulator = await program.ProcessIdAsync("The storage emulator");

        ProcessSignals.SendKill(victim);

        Assert.Equal(ExitCodes.Failed, await program.ExitCodeAsync());
        Assert.StartsWith($"The service at localhost:{_port + 1} ended with exit code 137; its last lines were:", program.Errors[0], StringComparison.Ordinal);
        await ObservedProcess.GoneAsync(other);
        await ObservedProcess.GoneAsync(emulator);
    }

    [Fact]
    public async Task Run_WhenTheEmulatorEnds_ReportsItAndStopsTheWhole()
    {
        await using var program = Start();
        await program.LineAsync("ManagedLog is ready");
        var service = await program.ProcessIdAsync($"The service on port {_port}");

        ProcessSignals.SendTerminate(await program.ProcessIdAsync("The storage emulator"));

        Assert.Equal(ExitCodes.Failed, await program.ExitCodeAsync());
        Assert.StartsWith("The storage emulator ended with exit code 0; its last lines were:", program.Errors[0], StringComparison.Ordinal);
        await ObservedProcess.GoneAsync(service);
    }

    private static async Task StopAsync(ObservedProcess program)
    {
        ProcessSignals.SendTerminate(program.Id);
        Assert.Equal(ExitCodes.Stopped, await program.ExitCodeAsync());
        Assert.Empty(program.Errors);
    }

    private ObservedProcess Start(params string[] more) =>
        LocalProgram.Start(["--data", _folder["data"], "--port", _port.ToString(CultureInfo.InvariantCulture), .. more]);

    private async Task<List<string>> RunAsync(IEnumerable<string> commands)
    {
        List<string> answers = [];
        foreach (var command in commands)
        {
            using var request = CurlCommand.Parse(command);
            using var answer = await _http.SendAsync(request);
            answers.Add(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        }

        return answers;
    }

    private async Task<string> ClusterAsync()
    {
        var clusters = await _http.GetFromJsonAsync<JsonElement>(new Uri($"http://localhost:{_port}/v3/clusters"));
        return clusters.GetProperty("data")[0].GetProperty("cluster_id").GetString()!;
    }

    private async Task ProduceAsync(string value)
    {
        var cluster = await ClusterAsync();
        var topic = new { topic_name = "survivors" };
        (await _http.PostAsJsonAsync(new Uri($"http://localhost:{_port}/v3/clusters/{cluster}/topics"), topic)).EnsureSuccessStatusCode();

        using var records = JsonContent.Create(new { records = new[] { new { value } } }, new MediaTypeHeaderValue("application/vnd.kafka.json.v2+json"));
        var answer = await _http.PostAsync(new Uri($"http://localhost:{_port}/topics/survivors"), records);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(0, body.GetProperty("offsets")[0].GetProperty("offset").GetInt64());
    }

    private async Task<string[]> FetchAsync()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri($"http://localhost:{_port}/topics/survivors/partitions/0/records?offset=earliest"));
        request.Headers.Accept.ParseAdd("application/vnd.kafka.json.v2+json");
        var answer = await _http.SendAsync(request);
        var records = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return [.. records.EnumerateArray().Select(static record => record.GetProperty("value").GetString()!)];
    }
}
