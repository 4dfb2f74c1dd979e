using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Metadata;

/// <summary>Refusals about topics and other metadata, worded once. What was being done is the beginning of a sentence: "Creating topic 'a'".</summary>
internal static class MetadataRefusals
{
    public static Refusal Unknown(string name) => new(ErrorCode.UnknownTopicOrPartition, $"Topic '{TopicName.Shown(name)}' does not exist.");

    public static Refusal BeingDeleted(string name) => new(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' is being deleted.");

    public static Refusal Exists(string name) => new(ErrorCode.TopicAlreadyExists, $"Topic '{name}' exists already.");

    public static Refusal ExistsUntilDeleted(string name) =>
        new(ErrorCode.TopicAlreadyExists, $"Topic '{name}' is being deleted, and its name is taken until that has ended; try again.");

    public static Refusal Clash(string name, string other) => new(
        ErrorCode.TopicAlreadyExists, $"Topic '{name}' clashes with topic '{other}': names that differ only in '.' and '_' cannot exist together.");

    public static Refusal NothingChanged(string doing) =>
        new(ErrorCode.KafkaStorageError, $"{doing}: storage is busy or does not answer. Nothing was changed; try again.");

    public static Refusal OutcomeUnknown(string doing) => new(
        ErrorCode.RequestTimedOut, $"{doing}: storage did not answer, so the outcome is unknown. It may have happened, and may still; look before asking again.");

    public static Refusal TableMissing(string doing) => new(
        ErrorCode.KafkaStorageError, $"{doing}: the table '{StorageLayout.TopicsTable}' is missing. Nothing was changed; start the service again, so that it is made.");
}
