using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>Looks at the storage itself from time to time: each image must be sound, and go on from the one before.</summary>
internal sealed class Witness(World world)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, LogImage> _last = [];

    public async Task RunAsync()
    {
        while (!world.IsOver)
        {
            await LookAsync();
            await world.DelayAsync(Pause);
        }
    }

    /// <summary>All partitions that ever were, as they are now.</summary>
    public async Task<IReadOnlyList<LogImage>> LookAsync()
    {
        var images = new List<LogImage>();
        foreach (var partition in world.Effects.Partitions.ToList())
        {
            var image = await world.Images.ReadAsync(partition);
            foreach (var violation in image.Violations)
                world.Report(violation);
            if (_last.TryGetValue(partition, out var earlier))
            {
                foreach (var violation in Judge.CheckSuccession(earlier, image))
                    world.Report(violation);
            }

            if (world.Buried.TryGetValue(partition, out var buried))
            {
                foreach (var violation in Judge.CheckDeletion(buried, image))
                    world.Report(violation);
            }

            _last[partition] = image;
            images.Add(image);
        }

        return images;
    }
}
