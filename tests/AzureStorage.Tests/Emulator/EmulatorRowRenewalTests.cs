using ManagedLog.Engine.Backend;
using ManagedLog.Testing.Backend;
using ManagedLog.Testing.Emulator;

namespace ManagedLog.AzureStorage.Tests.Emulator;

[Collection(EmulatorTests.Name)]
public sealed class EmulatorRowRenewalTests(AzuriteFixture azurite) : RowRenewalContract
{
    protected override ValueTask<IStorageBackend> CreateAsync() => new(EmulatorTests.NewBackend(azurite));
}
