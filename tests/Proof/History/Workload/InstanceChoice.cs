namespace ManagedLog.Proof.History.Workload;

/// <summary>
/// Any instance, as a client would choose that has several addresses: mostly one that answered lately, so that a paused instance does not hold up everybody for the
/// whole of its pause. For several threads.
/// </summary>
internal sealed class InstanceChoice(IReadOnlyList<Uri> addresses, HistoryRecorder recorder)
{
    private const long Avoided = 2_000_000;
    private const double Regardless = 0.1;

    private readonly long[] _blamedAt = [.. addresses.Select(static _ => -Avoided)];

    public Uri this[int instance] => addresses[instance];

    public int Next(Random random)
    {
        var good = Enumerable.Range(0, addresses.Count).Where(instance => recorder.Now - Volatile.Read(ref _blamedAt[instance]) >= Avoided).ToList();
        return good.Count == 0 || random.NextDouble() < Regardless ? random.Next(addresses.Count) : good[random.Next(good.Count)];
    }

    /// <summary>It did not answer, or said that it cannot.</summary>
    public void Blame(int instance) => Volatile.Write(ref _blamedAt[instance], recorder.Now);
}
