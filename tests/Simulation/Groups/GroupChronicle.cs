using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Simulation.Groups;

/// <summary>
/// The storage that all instances share. Keeps what groups' rows are, and shows each change of them to the judge at the moment when it takes effect: nothing can come and go unseen.
/// </summary>
internal sealed class GroupChronicle(StorageEffects inner, GroupWorld world) : InterceptingBackend(inner)
{
    private readonly Dictionary<string, GroupImage> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<GroupImage>> _histories = new(StringComparer.Ordinal);
    private readonly GroupJudge _judge = new(world);

    public GroupJudge Judge => _judge;

    /// <summary>All that the group's rows ever were, in order; the last is how they are.</summary>
    public IReadOnlyList<GroupImage> HistoryOf(string group) => _histories.TryGetValue(group, out var history) ? history : _histories[group] = [new GroupImage()];

    public GroupImage ImageOf(string group) => _groups.TryGetValue(group, out var image) ? image : _groups[group] = new GroupImage();

    public override async ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken)
    {
        var outcome = await base.CommitRowsAsync(table, batch, cancellationToken);
        if (!outcome.IsDone || table != StorageLayout.GroupsTable)
            return outcome;
        var before = ImageOf(batch.PartitionKey);
        var after = before.Apply(batch);
        _groups[batch.PartitionKey] = after;
        HistoryOf(batch.PartitionKey);
        _histories[batch.PartitionKey].Add(after);
        world.Trace.Add("groups", $"{batch.PartitionKey}: {string.Join(' ', batch.Operations.Select(o => $"{o.Kind}:{o.RowKey}"))}");
        _judge.Judge(batch.PartitionKey, before, after, batch);
        return outcome;
    }

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) => proceed(cancellationToken);
}
