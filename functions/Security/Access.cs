using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Security;

/// <summary>What an endpoint asks of its caller, declared where the endpoint is mapped. An endpoint that declares nothing is refused.</summary>
/// <param name="Demand">What is looked at before the endpoint is called.</param>
/// <param name="Permission">Of the topic in the path, or of what the body names.</param>
internal sealed record Access(Demand Demand, Permission Permission = Permission.Describe)
{
    /// <summary>Nothing: for probes.</summary>
    public static Access Open { get; } = new(Demand.Nothing);

    /// <summary>Any caller that is known. A list shows only what the caller may see.</summary>
    public static Access Known { get; } = new(Demand.Known);

    public static Access Cluster { get; } = new(Demand.Cluster, Permission.Manage);

    /// <summary>Of the topic that the path names.</summary>
    public static Access Topic(Permission permission) => new(Demand.Topic, permission);

    /// <summary>Of the consumer group that the path names.</summary>
    public static Access Group(Permission permission) => new(Demand.Group, permission);

    /// <summary>Of some topic, whichever.</summary>
    public static Access AnyTopic(Permission permission) => new(Demand.AnyTopic, permission);

    /// <summary>Of each topic that the body names; the endpoint asks for each.</summary>
    public static Access InBody(Permission permission) => new(Demand.InBody, permission);

    /// <summary>Whether the caller may call the endpoint at all.</summary>
    public bool IsGivenTo(Caller caller, HttpContext context) => Demand switch
    {
        Demand.Nothing or Demand.Known or Demand.InBody => true,
        Demand.Topic => caller.May(Permission, Resource.Topic(RouteParts.Get(context, "topic"))),
        Demand.Group => caller.May(Permission, Resource.Group(RouteParts.Get(context, "group"))),
        Demand.AnyTopic => Authorization.AllowsAny(caller.Scopes, Permission, ResourceKind.Topic),
        Demand.Cluster => caller.May(Permission, Resource.Cluster),
        _ => false,
    };

    /// <summary>What a caller would have needed, for a message.</summary>
    public string Describe(HttpContext context) => Demand switch
    {
        Demand.Topic => Describe(Permission, Resource.Topic(RouteParts.Get(context, "topic"))),
        Demand.Group => Describe(Permission, Resource.Group(RouteParts.Get(context, "group"))),
        Demand.AnyTopic => $"{Word(Permission)} for a topic",
        _ => Describe(Permission, Resource.Cluster),
    };

    public static string Describe(Permission permission, Resource resource) => $"{Word(permission)} for {resource}";

    private static string Word(Permission permission) => permission == Permission.Describe ? "any scope" : $"the scope {permission.ToString().ToLowerInvariant()}";
}

/// <summary>See <see cref="Access"/>.</summary>
internal enum Demand
{
    Nothing = 0,
    Known,
    Topic,
    Group,
    AnyTopic,
    InBody,
    Cluster,
}

internal static class AccessMetadata
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Access access)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(access);
}
