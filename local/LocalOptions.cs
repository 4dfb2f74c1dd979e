namespace ManagedLog.Local;

/// <summary>What to start.</summary>
/// <param name="Port">The port of the first instance; the others follow it.</param>
/// <param name="DataFolder">Where data stay between runs; unused with <see cref="StorageKind.Memory"/>.</param>
internal sealed record LocalOptions(int Port, string DataFolder, StorageKind Storage, int Instances)
{
    public const int DefaultPort = 7071;

    /// <summary>More processes than this on one machine tell nothing new.</summary>
    public const int MaxInstances = 32;

    public const int LastPort = 65_535;

    /// <summary>Why these values cannot go together, in one sentence; null when they can.</summary>
    public string? Contradiction => this switch
    {
        { Storage: StorageKind.Memory, Instances: > 1 } =>
            $"--storage memory is for one instance, because instances share nothing but storage: leave out --instances {Instances} or use --storage azurite.",
        _ when Port + Instances - 1 > LastPort => $"--port {Port} leaves too few ports for {Instances} instances: the last port is {LastPort}.",
        _ => null,
    };

    public IEnumerable<int> Ports => Enumerable.Range(Port, Instances);
}
