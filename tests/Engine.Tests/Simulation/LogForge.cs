using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>
/// Writes logs by hand, sound or not. The sound one: two sealed segments, offsets 0–2 and 3–4, and an active one with offsets 5–6; every batch holds one record
/// whose value is its offset.
/// </summary>
internal sealed class LogForge
{
    private readonly InMemoryBackend _storage = new(TimeProvider.System);
    private readonly HashSet<string> _full = [];

    /// <summary>Of the head.</summary>
    public PartitionState State { get; set; }

    public static TopicPartition Partition { get; } = new(new TopicId(Guid.Parse("22222222222222222222222222222222")), 0);

    public List<ForgedSegment> Segments { get; } =
    [
        new(1, 0, [Batch(0), Batch(1), Batch(2)]),
        new(2, 3, [Batch(3), Batch(4)]),
        new(3, 5, [Batch(5), Batch(6)]) { IsActive = true },
    ];

    public static SegmentId Id(int number) => new(new Guid(number, 0, 0, new byte[8]));

    public static byte[] Batch(long offset, string? value = null, int epoch = 0, BatchIdentity? identity = null)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1000 + offset, null, System.Text.Encoding.UTF8.GetBytes(value ?? $"{offset}"), []);
        var batch = builder.Build().ToArray();
        if (identity is { } own)
            RecordBatchPatch.SetIdentity(batch, own);
        RecordBatchPatch.SealCrc(batch);
        RecordBatchPatch.Place(batch, offset, epoch);
        return batch;
    }

    public async Task<LogImage> ReadAsync()
    {
        await _storage.PrepareAsync([StorageLayout.PartitionsTable], CancellationToken.None);
        var rows = new RowBatch(StorageLayout.PartitionKey(Partition));
        foreach (var segment in Segments)
        {
            if (!segment.IsMissing)
                await WriteAsync(segment);
            if (segment is { IsActive: false, IsUnchained: false })
                rows.Insert(StorageLayout.SegmentRowKey(segment.ChainedBase ?? segment.BaseOffset), segment.Row(Partition).Encode());
            if (segment.IsActive)
            {
                var active = new ActiveSegmentRef(segment.Segment, segment.ChainedBase ?? segment.BaseOffset, 0);
                rows.Insert(StorageLayout.HeadRowKey, new PartitionHeadRow(State, 0, 0, [0], [0], active, 0).Encode());
            }
        }

        Assert.True((await _storage.CommitRowsAsync(StorageLayout.PartitionsTable, rows, CancellationToken.None)).IsDone);
        return await new LogImageReader(_storage, _full.Contains).ReadAsync(Partition);
    }

    private async Task WriteAsync(ForgedSegment segment)
    {
        var blob = segment.Blob(Partition);
        await _storage.CreateAppendBlobAsync(blob, CancellationToken.None);
        if (!segment.IsEmptyBlob)
            await _storage.AppendAsync(blob, 0, segment.Bytes(Partition), CancellationToken.None);
        if (segment.IsFull)
            _full.Add(blob);
    }
}
