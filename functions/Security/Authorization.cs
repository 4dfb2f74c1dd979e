using ManagedLog.Engine.Metadata;

namespace ManagedLog.Functions.Security;

/// <summary>The one place that decides who may do what. Pure; what no scope allows is denied.</summary>
internal static class Authorization
{
    /// <summary>An internal topic belongs to the service: whatever is wanted of one needs <c>manage:cluster</c>, however far a scope's prefix reaches.</summary>
    public static bool Allows(IReadOnlyList<Scope> scopes, Permission permission, Resource resource)
    {
        if (resource.Kind == ResourceKind.Topic && Topic.IsInternalName(resource.Name))
            return Allows(scopes, Permission.Manage, Resource.Cluster);
        for (var i = 0; i < scopes.Count; i++)
        {
            var scope = scopes[i];
            if (scope.Kind == resource.Kind && (permission == Permission.Describe || scope.Permission == permission) && Matches(scope, resource.Name))
                return true;
        }

        return false;
    }

    /// <summary>Whether there is anything of this kind at all that it may be done with.</summary>
    public static bool AllowsAny(IReadOnlyList<Scope> scopes, Permission permission, ResourceKind kind) =>
        scopes.Any(scope => scope.Kind == kind && scope.Permission == permission);

    private static bool Matches(Scope scope, string name) =>
        scope.IsPrefix ? name.StartsWith(scope.Name, StringComparison.Ordinal) : string.Equals(name, scope.Name, StringComparison.Ordinal);
}
