namespace ManagedLog.Functions.Security;

/// <summary>What a request wants to do something with. The cluster has no name.</summary>
internal readonly record struct Resource(ResourceKind Kind, string Name)
{
    public static Resource Cluster { get; } = new(ResourceKind.Cluster, "");

    public static Resource Group(string name) => new(ResourceKind.Group, name);

    public static Resource Topic(string name) => new(ResourceKind.Topic, name);

    public override string ToString() => Kind switch
    {
        ResourceKind.Topic => "topic:" + Name,
        ResourceKind.Group => "group:" + Name,
        ResourceKind.Cluster => "cluster",
        _ => throw new InvalidOperationException($"No such kind: {Kind}"),
    };
}
