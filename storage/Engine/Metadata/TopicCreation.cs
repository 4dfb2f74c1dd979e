using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Creates a topic: one transaction, tried again under the same topic id while its outcome is unknown, because the id's row lets only one try take effect.
/// </summary>
internal sealed class TopicCreation(TopicTable table, TimeProvider time, Entropy entropy)
{
    /// <summary>Why no topic by this name can be created now (or that storage does not say); null if one can.</summary>
    public async ValueTask<Refusal?> FindObstacleAsync(string name, CancellationToken cancellationToken)
    {
        var same = await table.ReadAsync(name, cancellationToken);
        if (same.IsDone)
            return same.Value.State == TopicState.Active ? MetadataRefusals.Exists(name) : MetadataRefusals.ExistsUntilDeleted(name);
        if (same.Status != OutcomeStatus.Missing)
            return MetadataRefusals.NothingChanged(Doing(name));
        var clash = await table.ReadClashAsync(name, cancellationToken);
        if (clash.IsDone)
            return clash.Value == name ? MetadataRefusals.Exists(name) : MetadataRefusals.Clash(name, clash.Value);
        return clash.Status == OutcomeStatus.Missing ? null : MetadataRefusals.NothingChanged(Doing(name));
    }

    /// <param name="planned">Checked; its id and time are set here.</param>
    public async ValueTask<Result<Topic>> CreateAsync(Topic planned, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var topic = planned with { Id = new TopicId(entropy.NextGuid()), CreatedAt = now };
        var tries = new WriteTries(time, entropy);
        while (true)
        {
            var created = await table.CommitAsync(TopicTable.Creation(topic), cancellationToken);
            if (created.IsDone)
                return topic;
            if (created.Status == OutcomeStatus.Missing)
                return await RefuseAsync(MetadataRefusals.TableMissing(Doing(topic.Name)), topic, tries, cancellationToken);
            if (created.Status == OutcomeStatus.ConditionFailed)
            {
                // Only a creation under this id inserts the id's row, and there is no other than ours.
                if (created.FailedOperation == TopicTable.IdOperation)
                    return topic;
                if (await FindObstacleAsync(topic.Name, cancellationToken) is { } obstacle)
                    return await RefuseAsync(obstacle, topic, tries, cancellationToken);
            }

            if (!await tries.AgainAsync(created.Status, cancellationToken))
                return await RefuseAsync(MetadataRefusals.NothingChanged(Doing(topic.Name)), topic, tries, cancellationToken);
        }
    }

    /// <summary>
    /// Says no only if it is sure to stay no: when a try may have taken effect, its topic id is used up first. If that is refused, the try had taken effect,
    /// and the topic that is in the way is our own.
    /// </summary>
    private async ValueTask<Result<Topic>> RefuseAsync(Refusal refusal, Topic topic, WriteTries tries, CancellationToken cancellationToken)
    {
        if (!tries.MayHaveHappened)
            return refusal;
        var fenced = await table.CommitAsync(TopicTable.IdUse(topic), cancellationToken);
        if (fenced.IsDone)
            return refusal;
        return fenced.Failed(ConditionFailure.Exists) ? topic : tries.GiveUp(Doing(topic.Name));
    }

    private static string Doing(string name) => $"Creating topic '{name}'";
}
