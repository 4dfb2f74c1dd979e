using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Fixtures;

/// <summary>
/// Takes note of what is written to an account, as far as it cannot be asked for afterwards: the blocks of append blobs, and which partitions of tables there are. Calls come
/// one at a time.
/// </summary>
internal sealed class ImageRecorder(IStorageBackend inner) : InterceptingBackend(inner)
{
    private readonly Dictionary<string, List<byte[]>> _blocks = new(StringComparer.Ordinal);
    private readonly SortedSet<(string Table, string PartitionKey)> _partitions = new(Comparer<(string, string)>.Create(
        static (a, b) => string.CompareOrdinal(a.Item1, b.Item1) is var order && order != 0 ? order : string.CompareOrdinal(a.Item2, b.Item2)));

    public override async ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var block = content.ToArray();
        var appended = await base.AppendAsync(blob, position, content, cancellationToken);
        if (!appended.IsDone)
            return appended;
        if (!_blocks.TryGetValue(blob, out var blocks))
            _blocks.Add(blob, blocks = []);
        blocks.Add(block);
        return appended;
    }

    public int BlockCountOf(string blob) => _blocks.TryGetValue(blob, out var blocks) ? blocks.Count : 0;

    public async Task<StorageImage> TakeAsync() => new(await TakeRowsAsync(), await TakeBlobsAsync());

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        if (call.Verb == StorageVerb.CommitRows)
            _partitions.Add((call.Target, call.Key[..call.Key.IndexOf('/', StringComparison.Ordinal)]));
        return proceed(cancellationToken);
    }

    private async Task<List<StoredRow>> TakeRowsAsync()
    {
        var rows = new List<StoredRow>();
        foreach (var (table, partitionKey) in _partitions)
        {
            var page = await Inner.QueryRowsAsync(table, new RowQuery(partitionKey), default);
            if (!page.IsDone || page.Value.Continuation is not null)
                throw new InvalidOperationException($"{table}/{partitionKey} could not be read in one page: {page}");
            rows.AddRange(page.Value.Rows.Select(row => new StoredRow(table, row.Address, row.Properties)));
        }

        return rows;
    }

    private async Task<List<StoredBlob>> TakeBlobsAsync()
    {
        var blobs = new List<StoredBlob>();
        var page = await Inner.ListBlobsAsync("", null, 5000, default);
        if (!page.IsDone || page.Value.Continuation is not null)
            throw new InvalidOperationException($"The blobs could not be listed in one page: {page}");
        foreach (var (name, properties) in page.Value.Blobs)
        {
            var content = await Inner.ReadRangeAsync(name, 0, StorageLimits.MaxPutBytes, default);
            if (!content.IsDone || content.Value.Content.Length != properties.Length)
                throw new InvalidOperationException($"{name} could not be read in one call: {content}");
            var whole = content.Value.Content.ToArray();
            IReadOnlyList<byte[]> blocks = properties.Kind == BlobKind.Block ? [whole] : _blocks.GetValueOrDefault(name, []);
            if (!blocks.SelectMany(block => block).SequenceEqual(whole))
                throw new InvalidOperationException($"The blocks of {name} are not what it holds.");
            blobs.Add(new StoredBlob(name, properties.Kind, blocks));
        }

        return blobs;
    }
}
