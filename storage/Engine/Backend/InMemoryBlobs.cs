namespace ManagedLog.Engine.Backend;

/// <summary>The container of the twin: blobs, staged blocks and leases, one call at a time under one lock.</summary>
internal sealed class InMemoryBlobs(TimeProvider time, InMemoryBackendOptions options)
{
    private readonly Lock _lock = new();
    private readonly OrdinalMap<InMemoryBlob> _blobs = new();
    private readonly Dictionary<string, Dictionary<string, byte[]>> _staged = new(StringComparer.Ordinal);
    private bool _exists;
    private long _changes;

    public void Prepare()
    {
        lock (_lock)
            _exists = true;
    }

    public Outcome<Nothing> CreateAppend(string blob)
    {
        lock (_lock)
        {
            var created = Create(blob, BlobKind.Append, []);
            return created.IsDone ? Outcome.Done() : created.As<Nothing>();
        }
    }

    public Outcome<long> Append(string name, long position, ReadOnlyMemory<byte> content)
    {
        var block = Copy(content);
        lock (_lock)
        {
            if (!TryFind(name, out var blob))
                return Outcome.Missing<long>(name);
            if (blob.Kind != BlobKind.Append)
                throw new StorageRefusedException($"InvalidBlobType: '{name}' is not an append blob.");
            if (IsLeased(blob))
                return Outcome.ConditionFailed<long>(ConditionFailure.Lease, name);

            // In this order, as the emulator does: a full blob says so to a caller whose position is stale, too.
            if (blob.BlockCount >= options.MaxBlocks)
                return Outcome.ConditionFailed<long>(ConditionFailure.BlockCount, $"{name} has {blob.BlockCount} blocks");
            if (blob.Length != position)
                return Outcome.ConditionFailed<long>(ConditionFailure.AppendPosition, $"{name} ends at {blob.Length}, not at {position}");
            blob.Add(block);
            Touch(blob);
            return Outcome.Done(blob.Length);
        }
    }

    public Outcome<BlobRange> Read(string name, long position, int count)
    {
        lock (_lock)
            return TryFind(name, out var blob) ? Outcome.Done(new BlobRange(blob.Read(position, count), blob.Length)) : Outcome.Missing<BlobRange>(name);
    }

    public Outcome<BlobProperties> Get(string name)
    {
        lock (_lock)
            return TryFind(name, out var blob) ? Outcome.Done(blob.Properties) : Outcome.Missing<BlobProperties>(name);
    }

    public Outcome<ETag> Put(string blob, ReadOnlyMemory<byte> content)
    {
        var block = Copy(content);
        lock (_lock)
            return Create(blob, BlobKind.Block, [block]);
    }

    public Outcome<Nothing> Stage(string name, string blockId, ReadOnlyMemory<byte> content)
    {
        var block = Copy(content);
        lock (_lock)
        {
            if (!_exists)
                return Outcome.Missing<Nothing>(name);
            if (TryFind(name, out var blob) && blob.Kind != BlobKind.Block)
                throw new StorageRefusedException($"InvalidBlobType: '{name}' is not a block blob.");
            if (!_staged.TryGetValue(name, out var blocks))
                _staged.Add(name, blocks = new(StringComparer.Ordinal));
            if (blocks.Keys.FirstOrDefault() is { } other && other.Length != blockId.Length)
                throw new StorageRefusedException($"InvalidBlobOrBlock: block ids of '{name}' have {other.Length} characters, not {blockId.Length}.");
            blocks[blockId] = block;
            return Outcome.Done();
        }
    }

    public Outcome<ETag> Commit(string name, IReadOnlyList<string> blockIds)
    {
        lock (_lock)
        {
            if (!_exists)
                return Outcome.Missing<ETag>(name);
            if (TryFind(name, out _))
                return Outcome.ConditionFailed<ETag>(ConditionFailure.Exists, name);
            var content = new List<byte[]>(blockIds.Count);
            foreach (var blockId in blockIds)
            {
                if (!_staged.TryGetValue(name, out var blocks) || !blocks.TryGetValue(blockId, out var block))
                    throw new StorageRefusedException($"InvalidBlockList: '{name}' has no staged block '{blockId}'.");
                content.Add(block);
            }

            return Create(name, BlobKind.Block, content);
        }
    }

    public Outcome<Nothing> Delete(string name, ETag ifMatch)
    {
        lock (_lock)
        {
            if (!TryFind(name, out var blob))
                return Outcome.Missing<Nothing>(name);
            if (blob.ETag != ifMatch)
                return Outcome.ConditionFailed<Nothing>(ConditionFailure.ETag, name);
            if (IsLeased(blob))
                return Outcome.ConditionFailed<Nothing>(ConditionFailure.Lease, name);
            _blobs.Remove(name);
            return Outcome.Done();
        }
    }

    public Outcome<BlobPage> List(string prefix, string? continuation, int maxBlobs)
    {
        var most = Math.Min(maxBlobs, options.MaxBlobsPerPage);
        lock (_lock)
        {
            if (!_exists)
                return Outcome.Missing<BlobPage>();
            var page = new List<BlobListing>();
            for (var i = _blobs.IndexFrom(continuation ?? prefix); i < _blobs.Count; i++)
            {
                var (name, blob) = _blobs[i];
                if (!name.StartsWith(prefix, StringComparison.Ordinal))
                    break;
                if (page.Count == most)
                    return Outcome.Done(new BlobPage(page, name));
                page.Add(new BlobListing(name, blob.Properties));
            }

            return Outcome.Done(new BlobPage(page, null));
        }
    }

    public Outcome<Nothing> AcquireLease(string name, Guid leaseId, TimeSpan duration)
    {
        lock (_lock)
        {
            if (!TryFind(name, out var blob))
                return Outcome.Missing<Nothing>(name);
            if (IsLeased(blob) && blob.Lease!.Value.LeaseId != leaseId)
                return Outcome.ConditionFailed<Nothing>(ConditionFailure.Lease, name);
            blob.Lease = InMemoryLease.Take(leaseId, duration, time.GetUtcNow());
            return Outcome.Done();
        }
    }

    public Outcome<Nothing> RenewLease(string name, Guid leaseId) => ChangeLease(name, leaseId, lease => lease.Renew(time.GetUtcNow()));

    public Outcome<Nothing> ReleaseLease(string name, Guid leaseId) => ChangeLease(name, leaseId, _ => null);

    private Outcome<Nothing> ChangeLease(string name, Guid leaseId, Func<InMemoryLease, InMemoryLease?> change)
    {
        lock (_lock)
        {
            if (!TryFind(name, out var blob))
                return Outcome.Missing<Nothing>(name);
            if (blob.Lease is not { } lease || lease.LeaseId != leaseId)
                return Outcome.ConditionFailed<Nothing>(ConditionFailure.Lease, name);
            blob.Lease = change(lease);
            return Outcome.Done();
        }
    }

    private Outcome<ETag> Create(string name, BlobKind kind, IReadOnlyList<byte[]> content)
    {
        if (!_exists)
            return Outcome.Missing<ETag>(name);
        if (TryFind(name, out _))
            return Outcome.ConditionFailed<ETag>(ConditionFailure.Exists, name);
        var blob = new InMemoryBlob(kind);
        foreach (var block in content)
            blob.Add(block);
        Touch(blob);
        _blobs.Set(name, blob);

        // What was staged for the name and not committed is gone, as on the service.
        _staged.Remove(name);
        return Outcome.Done(blob.ETag);
    }

    private bool TryFind(string name, out InMemoryBlob blob) => _blobs.TryGet(name, out blob);

    private bool IsLeased(InMemoryBlob blob) => blob.Lease is { } lease && lease.IsActive(time.GetUtcNow());

    private void Touch(InMemoryBlob blob) => blob.Touch(new ETag($"\"b{++_changes}\""), time.GetUtcNow());

    /// <summary>A block of memory that is not filled with zeros first: blocks are large.</summary>
    private static byte[] Copy(ReadOnlyMemory<byte> content)
    {
        var block = GC.AllocateUninitializedArray<byte>(content.Length);
        content.CopyTo(block);
        return block;
    }
}
