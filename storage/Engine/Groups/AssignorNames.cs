namespace ManagedLog.Engine.Groups;

/// <summary>The ways in which a group's partitions can be shared out.</summary>
public static class AssignorNames
{
    /// <summary>Of each topic, each member gets a run of neighbouring partitions (Kafka's RangeAssignor).</summary>
    public const string Range = "range";

    /// <summary>All partitions of all topics in turn (Kafka's RoundRobinAssignor).</summary>
    public const string RoundRobin = "roundrobin";

    /// <summary>As evenly as possible, and of all even ways the one that moves least. The default; also called <c>cooperative-sticky</c> and <c>uniform</c>.</summary>
    public const string Sticky = "sticky";

    public static IReadOnlyList<string> All { get; } = [Range, RoundRobin, Sticky];

    /// <summary>The name as it is stored; null for one that is not known.</summary>
    public static string? Resolve(string name) => name switch
    {
        Range or RoundRobin or Sticky => name,
        "cooperative-sticky" or "uniform" => Sticky,
        _ => null,
    };
}
