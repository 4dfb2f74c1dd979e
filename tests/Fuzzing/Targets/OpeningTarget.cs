using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Fixtures;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>
/// A whole engine on an account in which one blob or one row of a partition is damaged: it reads, looks up, appends and does its housekeeping, or says why it does not, and ends.
/// </summary>
internal static class OpeningTarget
{
    /// <summary>Reads of up to 64 MiB are asked for; the account holds half a megabyte and gives no more than it has.</summary>
    private const long MostAllocated = 64 * 1024 * 1024;

    private static readonly IReadOnlyList<StoredRow> s_partitionRows = [.. Corpus.Rows.Where(row => row.Table == StorageLayout.PartitionsTable)];

    public static FuzzTarget Target { get; } = new("open", Draw);

    private static FuzzCase Draw(Random random)
    {
        var image = Corpus.Image;
        var damaged = image.Blobs[random.Next(image.Blobs.Count)];
        var topics = Corpus.Rows.Where(row => row.Table == StorageLayout.TopicsTable && row.Address.RowKey.StartsWith(StorageLayout.TopicRowKeyPrefix, StringComparison.Ordinal)).ToList();
        var topic = topics.Find(row => damaged.Name.StartsWith(row.Properties["TopicId"].AsString(), StringComparison.Ordinal)) ?? topics[0];
        var id = topic.Properties["TopicId"].AsString();
        var content = Mutate(random, damaged);
        var blobs = image.Blobs.Where(blob => blob.Name.StartsWith(id, StringComparison.Ordinal))
            .Select(blob => blob != damaged ? blob : blob with { Blocks = content.Length == 0 ? [] : [content] }).ToList();
        var rows = image.Rows.Where(row => row.Table == StorageLayout.ClusterTable || row == topic || (s_partitionRows.Contains(row) && row.Address.PartitionKey.StartsWith(id, StringComparison.Ordinal))).ToList();
        return new FuzzCase($"{damaged.Name} {Convert.ToHexString(content)}", MostAllocated, () => Run(new StorageImage(rows, blobs), topic.Properties["Name"].AsString()));
    }

    /// <summary>Half of the time with CRCs that fit, so that what stands behind them is believed.</summary>
    private static byte[] Mutate(Random random, StoredBlob blob)
    {
        var mutated = Mutator.Mutate(random, [blob.Content]);
        if (random.Next(2) == 0)
            return mutated;
        return Path.GetExtension(blob.Name) switch
        {
            ".checkpoint" => Repair.EndsWithCrc(mutated),
            ".segment" => Repair.Footer(mutated),
            _ => mutated,
        };
    }

    private static void Run(StorageImage image, string name) => SimulationLoop.Run(1, TimeSpan.FromHours(3), async loop =>
    {
        var storage = FixtureWriter.NewAccount(loop.Time);
        await image.LoadAsync(storage);
        var engine = await FixtureWriter.StartAsync(storage, loop.Time, seed: 1);
        var topic = (await engine.FindTopicAsync(name, default)).Value;
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            var from = FetchFrom.Earliest;
            for (var fetches = 0; fetches < 100; fetches++)
            {
                var fetched = await engine.FetchAsync(topic, partition, new FetchRequest(from, 10_000, TimeSpan.Zero), default);
                if (fetched.IsRefused || fetched.Value.Batches.Count == 0)
                    break;
                Promise.Holds(fetched.Value.NextOffset > fetched.Value.FetchOffset, "a fetch goes on");
                from = FetchFrom.At(fetched.Value.NextOffset);
            }

            await engine.OffsetForTimestampAsync(topic, partition, 1_767_225_613_000, default);
            await engine.AppendAsync(topic, partition, new AppendRequest([Corpus.Batches[0].ToArray()]), default);
        }
    });
}
