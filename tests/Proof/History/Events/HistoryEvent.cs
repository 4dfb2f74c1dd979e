using System.Text.Json.Serialization;

namespace ManagedLog.Proof.History.Events;

/// <summary>
/// One line of a recorded history. All times are microseconds since the recording began, by the one clock of the program that recorded: so of two events it is known
/// which came first, whichever clients they belong to.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(TopicDeclared), "topic")]
[JsonDerivedType(typeof(AppendInvoked), "append")]
[JsonDerivedType(typeof(AppendCompleted), "appended")]
[JsonDerivedType(typeof(ReadInvoked), "read")]
[JsonDerivedType(typeof(ReadCompleted), "answered")]
[JsonDerivedType(typeof(FaultBegan), "fault")]
[JsonDerivedType(typeof(FaultEnded), "healed")]
[JsonDerivedType(typeof(InstanceBroken), "broken")]
[JsonDerivedType(typeof(CompactionRan), "compacted")]
internal abstract record HistoryEvent(long At);

/// <summary>A topic that the history is about.</summary>
/// <param name="MayShrink">Retention removes old records; otherwise the log must begin at offset 0 for ever.</param>
internal sealed record TopicDeclared(long At, string Topic, int Partitions, bool MayShrink) : HistoryEvent(At)
{
    /// <summary>The topic is compacted, and its tombstones stay at least for so long after that; null: it is not compacted.</summary>
    public long? DeleteRetentionMs { get; init; }
}

/// <summary>One of the things that were done to the processes.</summary>
/// <param name="Instance">Whom it hits; null: the storage.</param>
internal sealed record FaultBegan(long At, int Fault, FaultKind Kind, int? Instance) : HistoryEvent(At);

/// <summary>The process runs again, and if it is an instance that was started, it says that it is ready.</summary>
internal sealed record FaultEnded(long At, int Fault) : HistoryEvent(At);
