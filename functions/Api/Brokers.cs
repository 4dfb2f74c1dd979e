namespace ManagedLog.Functions.Api;

/// <summary>
/// What Kafka's words are here: a broker is a storage account, the place where a replica lives. There is one account, so there is one broker, which leads every
/// partition and is in sync.
/// </summary>
internal static class Brokers
{
    public const int Only = 0;

    public const int Count = 1;

    /// <summary>By its number as it stands in a path.</summary>
    public static bool Exists(string broker) => broker == "0";
}
