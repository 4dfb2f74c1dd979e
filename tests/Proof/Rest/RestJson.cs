using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProduceRequest))]
[JsonSerializable(typeof(ProduceAnswer))]
[JsonSerializable(typeof(FetchedRecord[]))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(ClusterList))]
[JsonSerializable(typeof(NewTopic))]
[JsonSerializable(typeof(PartitionEnds))]
internal sealed partial class RestJson : JsonSerializerContext;
