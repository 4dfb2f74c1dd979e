using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Groups;

/// <summary>What may be asked for by whoever joins.</summary>
internal static class JoinValidation
{
    private const int MaxLabelCharacters = 255;

    public static Refusal? FindFault(JoinRequest request)
    {
        if (request.SessionTimeout < JoinRequest.MinSessionTimeout || request.SessionTimeout > JoinRequest.MaxSessionTimeout)
        {
            return new Refusal(
                ErrorCode.InvalidSessionTimeout,
                $"The session timeout must be from {JoinRequest.MinSessionTimeout} to {JoinRequest.MaxSessionTimeout}; it was {request.SessionTimeout}.");
        }

        if (request.Assignor is { } assignor && AssignorNames.Resolve(assignor) is null)
            return new Refusal(ErrorCode.UnsupportedAssignor, $"There is no assignor '{TopicName.Shown(assignor)}'; there are {string.Join(", ", AssignorNames.All)}.");
        if (request.ClientId.Length > MaxLabelCharacters || request.InstanceId?.Length > MaxLabelCharacters)
            return new Refusal(ErrorCode.InvalidRequest, $"The ids of a client and of its instance have at most {MaxLabelCharacters} characters.");
        return FindFault(request.Subscription);
    }

    public static Refusal? FindFault(MemberSubscription subscription)
    {
        foreach (var topic in subscription.Topics)
        {
            if (!TopicName.IsLegal(topic, out var why))
                return new Refusal(ErrorCode.InvalidTopicException, why);
        }

        if (MemberSubscription.IsTooLong(subscription.Topics))
        {
            return new Refusal(
                ErrorCode.InvalidRequest, $"The names of the topics that a member wants have more than {MemberSubscription.MaxNameCharacters} characters together; use a pattern.");
        }

        return subscription.Pattern is { } pattern && TopicMatcher.FindFault(pattern) is { } fault
            ? new Refusal(ErrorCode.InvalidRegularExpression, $"'{TopicName.Shown(pattern)}' is no pattern: {fault}")
            : null;
    }
}
