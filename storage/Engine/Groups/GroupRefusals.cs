using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>Refusals about groups, worded once.</summary>
internal static class GroupRefusals
{
    public static Refusal UnknownMember(GroupId group, string member) => new(
        ErrorCode.UnknownMemberId, $"Group '{group}' has no member '{member}': it never joined, has left, or was not heard of for longer than its session timeout. Join again.");

    public static Refusal FencedMember(GroupId group, string member, long given, long current) => new(
        ErrorCode.FencedMemberEpoch, $"Member '{member}' of group '{group}' has joined again under epoch {current}; whoever uses {given} has to stop, or join again.");

    public static Refusal StaleMember(GroupId group, string member, long given, long current) => new(
        ErrorCode.StaleMemberEpoch, $"Member '{member}' of group '{group}' has epoch {current}, and the commit was made under {given}. Nothing was committed.");

    public static Refusal OverheldCommit(GroupId group, string member, long given, long current) => new(
        ErrorCode.OutOfOrderSequenceNumber, $"Member '{member}' of group '{group}' has committed with sequence {current} already, and {given} is older. Nothing was committed.");

    public static Refusal HasMembers(GroupId group) => new(
        ErrorCode.UnknownMemberId, $"Group '{group}' has members, so only they may commit. Nothing was committed.");

    public static Refusal NotEmpty(GroupId group) => new(ErrorCode.NonEmptyGroup, $"Group '{group}' has members. Nothing was changed; stop them first.");

    public static Refusal UnknownGroup(GroupId group) => new(ErrorCode.GroupIdNotFound, $"Group '{group}' does not exist.");

    public static Refusal NotOwned(GroupId group, string member, string topic, int partition) => new(
        ErrorCode.IllegalGeneration, $"Member '{member}' of group '{group}' does not own partition {partition} of topic '{topic}'. Its offset was not committed.");

    public static Refusal OtherIncarnation(string topic, TopicId meant) => new(
        ErrorCode.UnknownTopicId, $"Topic '{topic}' with id {meant} is gone; one by that name may have been created since. Its offset was not committed.");

    public static Refusal BadOffset(string topic, int partition, long offset) => new(
        ErrorCode.OffsetOutOfRange, $"Topic '{TopicName.Shown(topic)}' partition {partition}: {offset} is no offset. It was not committed.");

    public static Refusal BeyondTheEnd(string topic, int partition, long offset, long end) => new(
        ErrorCode.OffsetOutOfRange, $"Topic '{topic}' partition {partition}: offset {offset} is beyond the end of the log, {end}. It was not committed.");

    public static Refusal MetadataTooLarge(string topic, int partition) => new(
        ErrorCode.OffsetMetadataTooLarge,
        $"Topic '{TopicName.Shown(topic)}' partition {partition}: the metadata of a commit has at most {OffsetCommit.MaxMetadataCharacters} characters. Its offset was not committed.");
}
