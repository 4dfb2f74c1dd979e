using System.Security.Cryptography;
using ManagedLog.Engine;

namespace ManagedLog.Functions.Hosting;

/// <summary>Real randomness. Ids come from the cryptographic generator, so that those of different instances never meet.</summary>
internal sealed class SystemEntropy : Entropy
{
    public override Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }

    public override double NextDouble() => Random.Shared.NextDouble();
}
