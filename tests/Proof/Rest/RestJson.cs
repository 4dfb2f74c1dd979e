using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedLog.Proof.Following;

namespace ManagedLog.Proof.Rest;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProduceRequest))]
[JsonSerializable(typeof(ProduceAnswer))]
[JsonSerializable(typeof(FetchedRecord[]))]
[JsonSerializable(typeof(EventRecord))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(ClusterList))]
[JsonSerializable(typeof(NewTopic))]
[JsonSerializable(typeof(PartitionEnds))]
[JsonSerializable(typeof(NewProducer))]
[JsonSerializable(typeof(TextProduceRequest))]
[JsonSerializable(typeof(TextRecord[]))]
[JsonSerializable(typeof(StreamedRecord))]
[JsonSerializable(typeof(StreamedReport))]
[JsonSerializable(typeof(SearchQuestion))]
[JsonSerializable(typeof(SearchAnswer))]
internal sealed partial class RestJson : JsonSerializerContext;
