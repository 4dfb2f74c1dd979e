using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>A request that is to be carried out once, however often it is sent.</summary>
/// <param name="Key">As the client gave it.</param>
/// <param name="Caller">Who sent it: each caller's keys are its own. Empty where nobody is told apart.</param>
/// <param name="BodyHash">SHA-256 of all that makes the request what it is, in hexadecimal digits.</param>
/// <param name="Partitions">How many partitions the topic has.</param>
/// <param name="Spread">Where records without key begin: 0 ≤ value &lt; 1.</param>
/// <param name="BatchBytes">No batch is made larger: the topic's max.message.bytes, which may be another when the request is sent again.</param>
public sealed record IdempotentRequest(TopicId Topic, string Key, string Caller, string BodyHash, int Partitions, double Spread, int BatchBytes);

/// <summary>
/// What the first use of a key settled: whoever sends the request again appends with the same producer, to the same partitions, with the same time, so that sequences recognise it.
/// </summary>
/// <param name="IsOtherRequest">The key was used for another request before; nothing may be appended.</param>
public sealed record IdempotencyClaim(ProducerIdentity Producer, int Partitions, double Spread, int BatchBytes, long CreatedAt, bool IsOtherRequest);
