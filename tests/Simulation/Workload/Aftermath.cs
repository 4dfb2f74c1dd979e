using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Days without a client and without a fault, in which the housekeeping does all that time makes due. Afterwards nothing is left that should not be there,
/// everything is there that is named, and a tick costs what a tick costs when nothing is due (I23).
/// </summary>
internal sealed class Aftermath(World world)
{
    /// <summary>Longer than the longest time between two sweeps, with the days that a sweep may come late.</summary>
    private const int Days = 9;

    /// <summary>The lease, the deleted topics, and what is due.</summary>
    private const int CallsOfAQuietTick = 3;

    /// <summary>What announces work is looked at when it is half a minute old.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Hour = TimeSpan.FromMinutes(70);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private int _ticks;

    public async Task PassAsync()
    {
        for (var day = 0; day < Days; day++)
        {
            await TickTwiceAsync();
            await world.DelayAsync(Day);
        }

        // What was rewritten on the last day leaves what it replaced after an hour.
        await TickTwiceAsync();
        await world.DelayAsync(Hour);
        await TickTwiceAsync();
        foreach (var image in await world.Chronicle.LookEverywhereAsync())
            await CheckLeftoversAsync(image);
        await CheckDueAsync();
        foreach (var instance in world.Instances)
            await CheckCostAsync(instance);
    }

    private async Task TickTwiceAsync()
    {
        await TickAsync();
        await world.DelayAsync(Settling);
        await TickAsync();
    }

    /// <summary>By one instance after the other: whoever holds the lease must not be needed.</summary>
    private async Task TickAsync()
    {
        var instance = world.Instances[_ticks++ % world.Instances.Count];
        if (instance.Up is not { } up || await up.TickAsync() is not { } summary)
            world.Report("I20", $"{instance.Name} cannot do the housekeeping, though nothing is in its way");
        else if (summary.Failed > 0)
            world.Report("I20", $"{instance.Name} fails in its housekeeping, though nothing is in its way: {summary}");
    }

    private async Task CheckLeftoversAsync(LogImage image)
    {
        var partition = image.Partition;
        var listed = await world.Effects.ListBlobsAsync(StorageLayout.BlobPrefix(partition), null, StorageArguments.MaxListedBlobs, CancellationToken.None);
        var blobs = listed.Value.Blobs.Select(blob => blob.Name).ToList();
        var named = image.IsDeleted ? [] : Chronicle.Named(image).ToHashSet(StringComparer.Ordinal);
        if (!image.IsDeleted && await NamedCheckpointAsync(partition) is { } checkpoint)
            named.Add(checkpoint);
        foreach (var orphan in blobs.Where(blob => !named.Contains(blob)))
            world.Report("R16", $"{orphan} is still there, though nothing names it{(image.IsDeleted ? " and its topic is deleted" : "")}");
        foreach (var row in image.Chain.Where(row => !row.IsRewritten || row.DeadBlob is not null))
            world.Report("I20", $"{partition}: the segment at {row.BaseOffset} is still not rewritten, or still keeps what it replaced: {row}");
        if (image.Chain.Count > 0 && image.Chain[0].EndOffset <= image.StartOffset)
            world.Report("I20", $"{partition}: the segment at {image.Chain[0].BaseOffset} is still there, the log starts at {image.StartOffset}");
        if (image.IsDeleted && await CountRowsAsync(partition) is var rows and > 1)
            world.Report("R16", $"{partition} is deleted and still has {rows} rows");
    }

    /// <summary>Every partition that is there will be looked at again, by few rows.</summary>
    private async Task CheckDueAsync()
    {
        var page = await world.Effects.QueryRowsAsync(StorageLayout.DueTable, new RowQuery(StorageLayout.DuePartitionKey), CancellationToken.None);
        var rows = new List<DueRow>();
        for (; page.Value.Continuation is not null; page = await NextAsync(page.Value.Continuation))
            rows.AddRange(page.Value.Rows.Select(DueRow.Decode));
        rows.AddRange(page.Value.Rows.Select(DueRow.Decode));
        foreach (var partition in world.Effects.Partitions)
        {
            var mine = rows.Count(row => row.Partition == partition);
            if (!world.Chronicle.IsDeleted(partition) && mine is 0 or > MostDueRows)
                world.Report("I20", $"{partition} has {mine} rows of due work");
        }

        ValueTask<Outcome<RowPage>> NextAsync(string continuation) => world.Effects.QueryRowsAsync(
            StorageLayout.DueTable, new RowQuery(StorageLayout.DuePartitionKey, Continuation: continuation), CancellationToken.None);
    }

    private const int MostDueRows = 3;

    private async Task CheckCostAsync(Instance instance)
    {
        // The first tick of an hour throws old keys away, too.
        if (instance.Up is not { } up || await up.TickAsync() is null)
            return;
        var before = instance.Calls;
        await up.TickAsync();
        if (instance.Calls - before > CallsOfAQuietTick)
            world.Report("I23", $"{instance.Name} made {instance.Calls - before} storage calls in a tick in which nothing was due");
    }

    private async Task<string?> NamedCheckpointAsync(TopicPartition partition)
    {
        var address = new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.CheckpointRowKey);
        var row = await world.Effects.ReadRowAsync(StorageLayout.PartitionsTable, address, CancellationToken.None);
        return row.IsDone ? CheckpointRow.Decode(row.Value).Blob : null;
    }

    private async Task<int> CountRowsAsync(TopicPartition partition)
    {
        var page = await world.Effects.QueryRowsAsync(StorageLayout.PartitionsTable, new RowQuery(StorageLayout.PartitionKey(partition)), CancellationToken.None);
        return page.Value.Rows.Count + (page.Value.Continuation is null ? 0 : 1);
    }
}
