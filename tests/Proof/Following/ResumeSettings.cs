namespace ManagedLog.Proof.Following;

/// <param name="Producers">How many write at once.</param>
/// <param name="Duration">How long they write.</param>
/// <param name="KillEvery">The pause before each kill; starting the victim again comes on top.</param>
internal sealed record ResumeSettings(int Producers, TimeSpan Duration, TimeSpan KillEvery);
