using System.Text;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>One record of a compacted topic; no value is a tombstone.</summary>
internal sealed record Keyed(long Offset, string Key, string? Value);

/// <summary>All that was ever appended to one partition of a compacted topic, and what may have become of it.</summary>
internal sealed class KeyedLog(HousekeepingWorld world, Topic topic, TimeSpan deleteRetention)
{
    private readonly List<(Keyed Record, DateTimeOffset At)> _appended = [];

    /// <summary>Records below it may be gone whatever they are.</summary>
    public long DeletedBelow { get; set; }

    public long End => _appended.Count;

    public Topic Topic => topic;

    /// <summary>The last record of each key, by offset.</summary>
    public IEnumerable<Keyed> Last => _appended.Select(appended => appended.Record).GroupBy(record => record.Key).Select(group => group.Last()).OrderBy(record => record.Offset);

    public async Task AppendAsync(HousekeepingInstance instance, CompressionCodec codec, params (string Key, string? Value)[] records)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var (key, value) in records)
            builder.Add(world.Now.ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key), value is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(value), []);
        var appended = await instance.Engine.AppendAsync(topic, 0, new AppendRequest([builder.Build()]), default);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
        Assert.Equal(End, appended.Value.Batches[0].BaseOffset);
        foreach (var (key, value) in records)
            _appended.Add((new Keyed(End, key, value), world.Now));
    }

    public async Task<List<Keyed>> ReadAsync(HousekeepingInstance instance, int maxBytes = 1_000_000)
    {
        var records = new List<Keyed>();
        var from = FetchFrom.Earliest;
        while (true)
        {
            var fetched = await instance.Engine.FetchAsync(topic, 0, new FetchRequest(from, maxBytes, TimeSpan.Zero), default);
            Assert.False(fetched.IsRefused, fetched.Refusal?.ToString());
            records.AddRange(Read(fetched.Value));
            if (fetched.Value.Batches.Count == 0)
                return records;
            Assert.True(fetched.Value.NextOffset > fetched.Value.FetchOffset);
            from = FetchFrom.At(fetched.Value.NextOffset);
        }
    }

    public static IEnumerable<Keyed> Read(FetchResult fetched)
    {
        foreach (var batch in fetched.Batches)
        {
            Assert.True(RecordBatchReader.TryOpen(batch, 10_000_000, out var reader, out _));
            while (reader.TryReadNext(out var record))
            {
                if (record.Offset >= fetched.FetchOffset)
                    yield return new Keyed(record.Offset, Encoding.UTF8.GetString(record.Key!.Value.Span), record.Value is { } value ? Encoding.UTF8.GetString(value.Span) : null);
            }

            Assert.Equal(BatchDefect.None, reader.Defect);
        }
    }

    /// <summary>
    /// What stands was appended so, and nothing is missing but what a later record of its key supersedes, a tombstone past its time, or what was deleted. What the head calls
    /// clean holds no key twice.
    /// </summary>
    public async Task AssertHoldsAsync(HousekeepingInstance instance)
    {
        var read = await ReadAsync(instance);
        var head = await world.HeadAsync(topic.At(0));
        Assert.Equal(read.Select(record => record.Offset).Distinct().Order(), read.Select(record => record.Offset));
        Assert.All(read, record => Assert.Equal(_appended[(int)record.Offset].Record, record));
        var there = read.Select(record => record.Offset).ToHashSet();
        var last = Last.ToDictionary(record => record.Key, record => record.Offset);
        foreach (var (record, at) in _appended.Where(appended => !there.Contains(appended.Record.Offset)))
        {
            var mayBeGone = record.Offset < DeletedBelow || record.Offset < last[record.Key] || (record.Value is null && world.Now >= at + deleteRetention);
            Assert.True(mayBeGone, $"{record} is missing at {world.Now}, appended at {at}.");
        }

        Assert.Empty(read.Where(record => record.Offset < head.Compaction.CleanOffset).GroupBy(record => record.Key).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.Equal(End, (await instance.OffsetsAsync(topic)).HighWatermark);
        AssertContiguous(head, await world.SegmentsAsync(topic.At(0)));
    }

    private static void AssertContiguous(PartitionHeadRow head, List<ChainSegmentRow> segments)
    {
        Assert.True(new SegmentChain(head, default, segments).IsContiguous());
        Assert.All(segments, segment => Assert.Equal(segment.IsRewritten, !segment.Blob.EndsWith(".log", StringComparison.Ordinal)));
    }
}
