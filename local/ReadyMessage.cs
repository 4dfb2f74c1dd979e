using System.Text.Json;
using ManagedLog.Local.Services;

namespace ManagedLog.Local;

/// <summary>What is printed when everything runs: the addresses, and commands to copy and paste.</summary>
internal static class ReadyMessage
{
    public static async Task<string> ComposeAsync(HttpClient http, ServiceGroup services, LocalOptions options, CancellationToken cancellationToken)
    {
        var address = services.Services[0].Address.GetLeftPart(UriPartial.Authority);
        using var clusters = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{address}/v3/clusters"), cancellationToken));
        var cluster = clusters.RootElement.GetProperty("data")[0].GetProperty("cluster_id").GetString();
        var others = string.Concat(
            services.Services.Skip(1).Select(static service => $"\n                     {service.Address.GetLeftPart(UriPartial.Authority)}"));
        var data = options.Storage == StorageKind.Memory ? "The data are in memory only." : $"The data stay in {Path.GetFullPath(options.DataFolder)}.";
        return $$$"""

            ManagedLog is ready: {{{address}}}{{{others}}}

            Create a topic, write to it, read it from the beginning:

            curl -X POST {{{address}}}/v3/clusters/{{{cluster}}}/topics -H 'Content-Type: application/json' -d '{"topic_name": "greetings", "partitions_count": 1}'
            curl -X POST {{{address}}}/topics/greetings -H 'Content-Type: application/vnd.kafka.json.v2+json' -d '{"records": [{"key": "alice", "value": {"text": "hello"}}]}'
            curl '{{{address}}}/topics/greetings/partitions/0/records?offset=earliest' -H 'Accept: application/vnd.kafka.json.v2+json'

            Ctrl+C stops everything. {{{data}}}

            """;
    }
}
