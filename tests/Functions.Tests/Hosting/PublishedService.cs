using System.Reflection;
using ManagedLog.Testing.Emulator;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>The service as it is deployed: published into a folder of its own and run from there, over the storage emulator, which outlives it.</summary>
public sealed class PublishedService : IAsyncLifetime
{
    private readonly AzuriteFixture _storage = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("managedlog-published-");

    public string Executable => Path.Combine(_folder.FullName, "ManagedLog.Functions");

    public string ConnectionString => _storage.ConnectionString;

    public async Task InitializeAsync()
    {
        await _storage.InitializeAsync();
        var configuration = typeof(PublishedService).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        await using var publish = ObservedProcess.Start(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["publish", Path.Combine(Root(), "functions"), "--no-build", "--configuration", configuration, "--output", _folder.FullName],
            new Dictionary<string, string?>());
        Assert.True(await publish.ExitCodeAsync() == 0, string.Join('\n', publish.Output));
    }

    public async Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await _storage.DisposeAsync();
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ManagedLog.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("ManagedLog.sln is in no folder above the tests.");
        return folder.FullName;
    }
}
