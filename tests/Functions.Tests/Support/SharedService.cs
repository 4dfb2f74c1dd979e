namespace ManagedLog.Functions.Tests.Support;

/// <summary>The tests that share one service.</summary>
[CollectionDefinition(Name)]
public sealed class SharedService : ICollectionFixture<TestService>
{
    public const string Name = "service";
}
