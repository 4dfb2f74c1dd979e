using System.Text.Json;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The links and names of v3's resources, as the client reaches them.</summary>
internal sealed class V3Links(HttpRequest request, string clusterId)
{
    private readonly string _root = PublicUrl.Of(request) + ApiPaths.V3Root(request.Path) + "/clusters";

    public string ClusterId { get; } = clusterId;

    public string Clusters => _root;

    /// <summary>Of something in the cluster, by its path there (<c>/topics/t</c>; empty: the cluster).</summary>
    public string Of(string path) => $"{_root}/{ClusterId}{path}";

    /// <summary>Begins a resource: kind, metadata and cluster id. <paramref name="name"/> is what follows the cluster in the resource name.</summary>
    public void WriteBegin(Utf8JsonWriter writer, string kind, string path, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, kind);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("self"u8, Of(path));
        writer.WriteString("resource_name"u8, $"crn:///kafka={ClusterId}{name}");
        writer.WriteEndObject();
        writer.WriteString("cluster_id"u8, ClusterId);
    }

    /// <summary>Begins a list that is always given whole, up to its data.</summary>
    public static void WriteListBegin(Utf8JsonWriter writer, string kind, string self)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, kind);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("self"u8, self);
        writer.WriteNull("next"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("data"u8);
    }

    /// <summary>Begins one page of a list. Paths are in the cluster; a <paramref name="next"/> of null is the end of the list.</summary>
    public void WriteListBegin(Utf8JsonWriter writer, string kind, string path, string? next)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, kind);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("self"u8, Of(path));
        writer.WriteString("next"u8, next is null ? null : Of(next));
        writer.WriteEndObject();
        writer.WriteStartArray("data"u8);
    }

    public static void WriteListEnd(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public void WriteRelation(Utf8JsonWriter writer, string name, string path)
    {
        writer.WriteStartObject(name);
        writer.WriteString("related"u8, Of(path));
        writer.WriteEndObject();
    }
}
