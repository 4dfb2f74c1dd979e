using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Consumer groups over storage: whichever instance is asked, and however many at once, the answer follows from rows that change under conditions; no instance owns a group, and
/// none has to be asked twice.
/// </summary>
/// <remarks>
/// All methods refuse with KAFKA_STORAGE_ERROR when storage does not let them begin (nothing was changed; ask again), and, where they change something, with REQUEST_TIMED_OUT when
/// nobody can tell what became of it. A cancelled token ends the wait, never a write.
/// </remarks>
public sealed class ConsumerGroups
{
    private readonly GroupContext _context;
    private readonly GroupMembership _membership;
    private readonly GroupHeartbeats _heartbeats;
    private readonly GroupCommits _commits;
    private readonly GroupDeletion _deletion;
    private readonly GroupViews _views;
    private readonly OffsetResets _resets;
    private readonly OffsetDeletion _offsetDeletion;

    internal ConsumerGroups(GroupContext context)
    {
        _context = context;
        _deletion = new GroupDeletion(context.Table, context.Time, context.Entropy, context.Committed);
        _membership = new GroupMembership(context, _deletion);
        _heartbeats = new GroupHeartbeats(context, _membership);
        _commits = new GroupCommits(context, _membership, _heartbeats);
        _views = new GroupViews(context);
        _resets = new OffsetResets(context, _membership, _commits, _views);
        _offsetDeletion = new OffsetDeletion(context, _membership);
        Keeper = new GroupKeeper(context, _membership, _deletion);
    }

    internal GroupKeeper Keeper { get; }

    /// <summary>
    /// A member comes, or comes back under a new epoch, and has at once what is free of what it is to get. Refuses with INVALID_REGULAR_EXPRESSION, UNSUPPORTED_ASSIGNOR,
    /// INVALID_SESSION_TIMEOUT, INVALID_REQUEST, or GROUP_MAX_SIZE_REACHED.
    /// </summary>
    public ValueTask<Result<HeartbeatResult>> JoinAsync(GroupId group, JoinRequest request, CancellationToken cancellationToken) =>
        _heartbeats.JoinAsync(group, request, cancellationToken);

    /// <summary>
    /// To be called every few seconds, at least three times within the session timeout. A member that has what it should have costs one row update, where the instance knows it from
    /// its last call, and else some reads. Refuses with UNKNOWN_MEMBER_ID (it counts as gone: join again) or FENCED_MEMBER_EPOCH (it has joined again under a later one).
    /// </summary>
    public ValueTask<Result<HeartbeatResult>> HeartbeatAsync(GroupId group, HeartbeatRequest request, CancellationToken cancellationToken) =>
        _heartbeats.HeartbeatAsync(group, request, cancellationToken);

    /// <summary>
    /// A member goes, and others get what it owns. Null for the epoch: whatever it is. Refuses with UNKNOWN_MEMBER_ID (it is not there, so nothing is to be done) or FENCED_MEMBER_EPOCH.
    /// </summary>
    public ValueTask<Result<Nothing>> LeaveAsync(GroupId group, MemberId member, long? epoch, CancellationToken cancellationToken) =>
        _heartbeats.LeaveAsync(group, member, epoch, cancellationToken);

    /// <summary>
    /// Stores what a member has done: up to 98 partitions in one transaction, more in several. Refuses with UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, or OUT_OF_ORDER_SEQUENCE_NUMBER
    /// (a newer commit is in, this one does not matter any more); and single partitions in the result. One that is sent again under its sequence is answered as done.
    /// </summary>
    public ValueTask<Result<CommitResult>> CommitAsync(GroupId group, CommitRequest request, CancellationToken cancellationToken) =>
        _commits.CommitAsync(group, request, cancellationToken);

    /// <summary>For clients that assign partitions to themselves: only while the group has no members. Refuses with UNKNOWN_MEMBER_ID when it has.</summary>
    public ValueTask<Result<CommitResult>> CommitWithoutMembersAsync(GroupId group, IReadOnlyList<OffsetCommit> offsets, CancellationToken cancellationToken) =>
        _commits.CommitWithoutMembersAsync(group, offsets, cancellationToken);

    /// <summary>
    /// What is committed, by topic and partition: what any instance acknowledged before this call is in it. Only of topics that stand. Partitions without a commit are left out, and so
    /// a group that nobody knows has none.
    /// </summary>
    /// <param name="partitions">Null: all.</param>
    public ValueTask<Result<IReadOnlyList<CommittedOffset>>> OffsetsAsync(GroupId group, IReadOnlyList<PartitionName>? partitions, CancellationToken cancellationToken) =>
        _views.OffsetsAsync(group, partitions, cancellationToken);

    /// <summary>Refuses with GROUP_ID_NOT_FOUND.</summary>
    public ValueTask<Result<GroupDescription>> DescribeAsync(GroupId group, CancellationToken cancellationToken) =>
        _views.DescribeAsync(group, cancellationToken);

    /// <summary>Groups in the order of their names: two or three storage operations for each.</summary>
    /// <param name="after">The <see cref="GroupPage.Next"/> of the page before; null: from the first on.</param>
    public ValueTask<Result<GroupPage>> ListAsync(int pageSize, string? after, CancellationToken cancellationToken) =>
        _views.ListAsync(pageSize, after, cancellationToken);

    /// <summary>Deletes a group with all that it has committed. Refuses with GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP.</summary>
    public async ValueTask<Result<Nothing>> DeleteAsync(GroupId group, CancellationToken cancellationToken)
    {
        // Members that nobody has heard of for too long are none.
        var looked = await _membership.ChangeAsync(group, MembershipChange.Refresh, $"Deleting group '{group}'", cancellationToken);
        return looked.IsRefused ? looked.Refusal : await _deletion.DeleteAsync(group, cancellationToken);
    }

    /// <summary>
    /// Forgets what is committed of some partitions. Refuses with GROUP_ID_NOT_FOUND, or GROUP_SUBSCRIBED_TO_TOPIC while a member reads one of the topics; then nothing was deleted.
    /// </summary>
    public ValueTask<Result<Nothing>> DeleteOffsetsAsync(GroupId group, IReadOnlyList<PartitionName> partitions, CancellationToken cancellationToken) =>
        _offsetDeletion.DeleteAsync(group, partitions, cancellationToken);

    /// <summary>
    /// Moves what is committed, and answers what was done. Refuses with GROUP_ID_NOT_FOUND (nothing is committed and no partition was named), NON_EMPTY_GROUP,
    /// UNKNOWN_TOPIC_OR_PARTITION, or what a log's ends or times could not be read for.
    /// </summary>
    public ValueTask<Result<IReadOnlyList<OffsetResetLine>>> ResetAsync(GroupId group, OffsetResetRequest request, CancellationToken cancellationToken) =>
        _resets.ResetAsync(group, request, cancellationToken);

    /// <summary>What <see cref="ResetAsync"/> would do now. Changes nothing, whether the group has members or not.</summary>
    public ValueTask<Result<IReadOnlyList<OffsetResetLine>>> PreviewResetAsync(GroupId group, OffsetResetRequest request, CancellationToken cancellationToken) =>
        _resets.PlanAsync(group, request, cancellationToken);

    /// <summary>This instance knows that topics have appeared, grown or gone.</summary>
    internal void TopicsChanged() => _context.Topics.Changed();
}
