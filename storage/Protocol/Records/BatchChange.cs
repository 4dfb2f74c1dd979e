namespace ManagedLog.Protocol.Records;

/// <summary>What <see cref="RecordBatchFilter"/> made of a batch.</summary>
public enum BatchChange
{
    /// <summary>All of its records stay, and it is as it was.</summary>
    None = 0,

    /// <summary>It was built again.</summary>
    Rebuilt,

    /// <summary>No record is left, so there is no batch.</summary>
    Emptied,

    /// <summary>Its records cannot be read. It is as it was, and nothing is known of its keys.</summary>
    Unreadable,
}
