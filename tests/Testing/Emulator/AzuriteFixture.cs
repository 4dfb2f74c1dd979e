using ManagedLog.Local.Emulator;
using Xunit;

namespace ManagedLog.Testing.Emulator;

/// <summary>
/// One storage emulator, on free ports and with its data in a temporary folder, from the first test that needs it to the last: a collection fixture, one for a
/// test assembly (<c>[CollectionDefinition(…)]</c> must stand in the assembly itself). Tests share the account, so each uses names of its own. It ends with the
/// test host, however that ends.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"managedlog-emulator-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private AzuriteProcess? _emulator;

    public string ConnectionString => Running.ConnectionString;

    private AzuriteProcess Running => _emulator ?? throw new InvalidOperationException("The emulator has not been started.");

    public async Task InitializeAsync()
    {
        var installer = new AzuriteInstaller(AzuriteInstaller.UserCache, Console.WriteLine);
        _emulator = await AzuriteProcess.StartAsync(await installer.EnsureAsync(CancellationToken.None), _folder, static _ => { }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (_emulator is not null)
            await _emulator.DisposeAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
