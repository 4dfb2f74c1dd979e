namespace ManagedLog.Functions.Api.Http;

/// <summary>API v3 stands at two places: where the open-source server has it, and where Confluent Server and Cloud have it.</summary>
internal static class ApiPaths
{
    public const string V3 = "/v3";
    public const string KafkaV3 = "/kafka/v3";

    public static bool IsV3(PathString path) => path.StartsWithSegments(V3) || path.StartsWithSegments("/kafka");

    /// <summary>The place by which this request came, so that links stay with it.</summary>
    public static string V3Root(PathString path) => path.StartsWithSegments(KafkaV3) ? KafkaV3 : V3;
}
