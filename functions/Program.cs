using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Hosting;

return await Service.RunAsync(args, options => options.Storage switch
{
    StorageKind.Memory => new InMemoryBackend(TimeProvider.System),
    StorageKind.Azure => throw new StartException("Azure storage is not wired yet."),
    _ => throw new InvalidOperationException($"No such storage: {options.Storage}."),
});
