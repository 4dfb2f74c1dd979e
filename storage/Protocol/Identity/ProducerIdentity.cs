namespace ManagedLog.Protocol.Identity;

/// <summary>A producer id and its epoch (KIP-98). A batch of nobody in particular carries <see cref="None"/>.</summary>
public readonly record struct ProducerIdentity(long Id, short Epoch)
{
    public static ProducerIdentity None => new(-1, -1);

    public bool IsNone => Id < 0;
}
