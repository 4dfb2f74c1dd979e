namespace ManagedLog.Local.Emulator;

/// <summary>Learns from the emulator's own lines where it listens.</summary>
internal sealed class AzuriteAnnouncements
{
    private const string BlobPrefix = "Azurite Blob service is successfully listening at ";
    private const string TablePrefix = "Azurite Table service is successfully listening at ";

    private readonly TaskCompletionSource<AzuriteEndpoints> _endpoints = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _blob;
    private string? _table;

    /// <summary>Completes when blobs and tables are both served.</summary>
    public Task<AzuriteEndpoints> Endpoints => _endpoints.Task;

    /// <summary>Reads one line. Calls must not overlap.</summary>
    public void Read(string line)
    {
        if (line.StartsWith(BlobPrefix, StringComparison.Ordinal))
            _blob = line[BlobPrefix.Length..];
        else if (line.StartsWith(TablePrefix, StringComparison.Ordinal))
            _table = line[TablePrefix.Length..];
        if (_blob is not null && _table is not null)
            _endpoints.TrySetResult(new AzuriteEndpoints(_blob, _table));
    }
}
