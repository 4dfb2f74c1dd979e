namespace ManagedLog.Functions.Security;

/// <summary>
/// One thing that a caller may do, as text <c>produce:topic:orders</c>, <c>consume:group:billing*</c> (all names that begin so; <c>*</c> alone: all) or <c>manage:cluster</c>.
/// </summary>
internal sealed record Scope(Permission Permission, ResourceKind Kind, string Name, bool IsPrefix)
{
    private const int MaxName = 249;

    public static bool TryParse(string text, out Scope scope)
    {
        scope = new Scope(Permission.Describe, ResourceKind.Cluster, "", false);
        var parts = text.Split(':', 3);
        Permission? permission = parts[0] switch
        {
            "produce" => Permission.Produce,
            "consume" => Permission.Consume,
            "manage" => Permission.Manage,
            _ => null,
        };
        if (permission is not { } named)
            return false;
        if (parts is ["manage", "cluster"])
        {
            scope = new Scope(Permission.Manage, ResourceKind.Cluster, "", false);
            return true;
        }

        if (parts is not [_, "topic" or "group", { Length: > 0 and <= MaxName } name] || name.Any(static c => c < ' '))
            return false;
        var isPrefix = name.EndsWith('*');
        scope = new Scope(named, parts[1] == "topic" ? ResourceKind.Topic : ResourceKind.Group, isPrefix ? name[..^1] : name, isPrefix);
        return true;
    }

    /// <summary>Everything that there is.</summary>
    public static IReadOnlyList<Scope> Everything { get; } = [.. WholeCluster(Permission.Produce), .. WholeCluster(Permission.Consume), .. WholeCluster(Permission.Manage)];

    /// <summary>One permission on all topics and groups; to manage them is to manage the cluster too.</summary>
    public static IReadOnlyList<Scope> WholeCluster(Permission permission) =>
    [
        new(permission, ResourceKind.Topic, "", true),
        new(permission, ResourceKind.Group, "", true),
        .. permission == Permission.Manage ? [new Scope(permission, ResourceKind.Cluster, "", false)] : Array.Empty<Scope>(),
    ];

    public override string ToString()
    {
        var permission = Permission switch
        {
            Permission.Produce => "produce",
            Permission.Consume => "consume",
            Permission.Manage => "manage",
            Permission.Describe => throw new InvalidOperationException("Describe comes with the others and is no scope."),
            _ => throw new InvalidOperationException($"No such permission: {Permission}"),
        };
        return $"{permission}:{new Resource(Kind, Name)}{(IsPrefix ? "*" : "")}";
    }
}
