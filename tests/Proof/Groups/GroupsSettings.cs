namespace ManagedLog.Proof.Groups;

/// <param name="Consumers">How many there are at a time, give or take one.</param>
/// <param name="Session">A consumer that is killed is noticed after so long.</param>
/// <param name="Duration">How long consumers come and go.</param>
internal sealed record GroupsSettings(int Partitions, int Consumers, TimeSpan Session, TimeSpan Duration)
{
    /// <summary>How often a service says for a consumer that it is there.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(3);

    /// <summary>In which a group has to be settled after a consumer came or was killed.</summary>
    public TimeSpan SettleLimit => Session + (2 * Heartbeat);
}
