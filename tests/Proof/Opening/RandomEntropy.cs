using ManagedLog.Engine;

namespace ManagedLog.Proof.Opening;

/// <summary>Ids and jitter of engines that run in this process.</summary>
internal sealed class RandomEntropy : Entropy
{
    public override Guid NextGuid() => Guid.NewGuid();

    public override double NextDouble() => Random.Shared.NextDouble();
}
