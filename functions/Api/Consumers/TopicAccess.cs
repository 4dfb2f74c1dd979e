using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Who reads by way of a group reads topics, and has to be allowed that too.</summary>
internal static class TopicAccess
{
    /// <summary>Null: the caller may read all of them.</summary>
    public static ApiError? FindDenied(HttpContext context, IEnumerable<string> topics)
    {
        var caller = Caller.Of(context);
        foreach (var topic in topics)
        {
            if (!caller.May(Permission.Consume, Resource.Topic(topic)))
                return SecurityErrors.Denied(Permission.Consume, Resource.Topic(topic));
        }

        return null;
    }
}
