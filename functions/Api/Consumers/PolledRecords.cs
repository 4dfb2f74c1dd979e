using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// What one poll collects: from each partition in its turn what there is, up to the limits. Nothing is written here; what is to be given out is known before anybody is told.
/// </summary>
internal sealed class PolledRecords(PartitionFollower reads, PollQuery query, Func<FollowedPartition, IRecordShape> shapes)
{
    /// <summary>Read at once of one partition, in bytes, so that one cannot fill an answer while others have something.</summary>
    private const int ReadBytes = 1024 * 1024;

    private readonly List<PolledBatches> _parts = [];
    private readonly HashSet<FollowedPartition> _blocked = [];
    private bool _isFull;

    /// <summary>In the order in which they were read.</summary>
    public IReadOnlyList<PolledBatches> Parts => _parts;

    public int Records { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The first record that the format cannot show. It stays where it is, and is an error only where there is nothing else to give.</summary>
    public ApiError? Unreadable { get; private set; }

    public bool IsEnough => _isFull || Records > 0 && Bytes >= query.MinBytes || _blocked.Count > 0 && Records == 0;

    /// <summary>Reads as long as something is there and room for it, beginning with a partition whose turn it is.</summary>
    public async ValueTask CollectAsync(int turn)
    {
        var partitions = reads.Partitions;
        var isAny = partitions.Count > 0;
        while (isAny && !_isFull)
        {
            isAny = false;
            for (var i = 0; i < partitions.Count && !_isFull; i++)
            {
                var partition = partitions[(turn + i) % partitions.Count];
                if (_blocked.Contains(partition))
                    continue;
                var from = partition.Next;
                var room = (int)Math.Clamp(query.MaxBytes - Bytes, 1, ReadBytes);
                if (from is null || await reads.ReadAsync(partition, room) is not { } result)
                    continue;
                isAny = true;
                Take(partition, from.Value, result);
            }
        }
    }

    private void Take(FollowedPartition partition, long from, FetchResult result)
    {
        var shape = shapes(partition);
        var records = new FetchedRecords(result.Batches, from, query.Use?.Room);
        var end = result.NextOffset;
        var count = 0;
        while (records.TryReadNext(out var record))
        {
            var size = FetchedRecords.SizeOf(record);
            if (Records > 0 && (Records >= query.MaxRecords || Bytes + size > query.MaxBytes))
                _isFull = true;
            else if (!shape.CanWrite(record))
                Block(partition, record.Offset);
            if (_isFull || _blocked.Contains(partition))
            {
                end = record.Offset;
                break;
            }

            Records++;
            Bytes += size;
            count++;
        }

        _isFull |= Records >= query.MaxRecords || Bytes >= query.MaxBytes;
        partition.GoOnAt(end);
        _parts.Add(new PolledBatches(partition, result.Batches, from, end, count));
    }

    private void Block(FollowedPartition partition, long offset)
    {
        _blocked.Add(partition);
        Unreadable ??= FetchErrors.Unreadable(partition.TopicName, partition.Number, query.Format, offset);
    }
}

/// <summary>Some batches of one partition, of which the records from one offset on and before another are given.</summary>
/// <param name="Records">How many these are.</param>
internal sealed record PolledBatches(FollowedPartition Partition, IReadOnlyList<ReadOnlyMemory<byte>> Batches, long From, long End, int Records);
