using ManagedLog.Engine.Backend;
using ManagedLog.Testing;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Backend;

public sealed class InMemoryRowRenewalTests : RowRenewalContract
{
    protected override ValueTask<IStorageBackend> CreateAsync() => new(new InMemoryBackend(new ManualTimeProvider()));
}
