using ManagedLog.Testing.Emulator;

namespace ManagedLog.AzureStorage.Tests.Emulator;

/// <summary>All tests that share this assembly's emulator.</summary>
[CollectionDefinition(Name)]
public sealed class EmulatorTests : ICollectionFixture<AzuriteFixture>
{
    public const string Name = "Emulator";

    /// <summary>A backend with a container and tables of its own.</summary>
    public static AzureStorageBackend NewBackend(AzuriteFixture azurite)
    {
        var name = $"t{Guid.NewGuid():N}";
        return new AzureStorageBackend(new AzureStorageOptions { ConnectionString = azurite.ConnectionString, Container = name, TablePrefix = name }, TimeProvider.System);
    }
}
