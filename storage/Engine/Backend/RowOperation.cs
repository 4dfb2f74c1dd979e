namespace ManagedLog.Engine.Backend;

public enum RowOperationKind
{
    /// <summary>Fails with <see cref="ConditionFailure.Exists"/> if the row is there.</summary>
    Insert = 0,

    /// <summary>Replaces the whole row; under its ETag, or whatever it is when the ETag is null. <see cref="OutcomeStatus.Missing"/> if absent.</summary>
    Replace,

    /// <summary>Sets the properties given and leaves the others; ETag as for <see cref="Replace"/>.</summary>
    Merge,

    /// <summary>ETag as for <see cref="Replace"/>.</summary>
    Delete,

    /// <summary>Inserts the row, or replaces the whole of it, whatever it is: it has no condition of its own.</summary>
    Upsert,
}

/// <summary>One change of one row.</summary>
public sealed record RowOperation(RowOperationKind Kind, string RowKey, IReadOnlyDictionary<string, RowValue> Properties, ETag? IfMatch);
