namespace ManagedLog.Engine.Tests.Housekeeping;

/// <summary>What happens to an instance at one of its storage calls.</summary>
public enum CrashPoint
{
    DiesBefore = 0,
    DiesAfter,
    LosesTheRequest,
    LosesTheReply,
    IsThrottled,
}
