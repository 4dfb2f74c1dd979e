using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>One change of what a member owns.</summary>
/// <param name="IfMatch">Of a row that it replaces.</param>
internal readonly record struct OwnerStep(OwnerStepKind Kind, GroupPartition Partition, ETag? IfMatch = null)
{
    public void AddTo(RowBatch batch, string member, long epoch)
    {
        var key = StorageLayout.OwnerRowKey(Partition.Key);
        var row = new GroupOwnerRow(Partition.Topic, member, epoch);
        switch (Kind)
        {
            case OwnerStepKind.Claim:
                batch.Insert(key, row.Encode());
                break;
            case OwnerStepKind.TakeOver:
                batch.Replace(key, row.Encode(), IfMatch);
                break;
            case OwnerStepKind.Seize:
                batch.Upsert(key, row.Encode());
                break;
            case OwnerStepKind.Release:
                batch.Delete(key, IfMatch);
                break;
            default:
                throw new InvalidOperationException($"No such step: {Kind}");
        }
    }
}

internal enum OwnerStepKind
{
    /// <summary>A partition that nobody has.</summary>
    Claim = 0,

    /// <summary>One that somebody had who is gone.</summary>
    TakeOver,

    /// <summary>Whoever has it: only where the rule is left out that forbids it.</summary>
    Seize,

    Release,
}
