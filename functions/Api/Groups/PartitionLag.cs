using ManagedLog.Engine.Groups;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>How far a group is behind in one partition.</summary>
/// <param name="Committed">The next offset that it reads.</param>
/// <param name="LogEnd">Of what can be read, exclusive.</param>
/// <param name="Member">Who reads it; null: nobody now.</param>
internal sealed record PartitionLag(GroupPartition Partition, long Committed, long LogEnd, MemberDescription? Member)
{
    /// <summary>Records that are left to read, at most: compaction may have taken some.</summary>
    public long Lag => Math.Max(0, LogEnd - Committed);
}
