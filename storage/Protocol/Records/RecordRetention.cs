namespace ManagedLog.Protocol.Records;

/// <summary>Whether a record stays; asked once of each record of a batch, in order.</summary>
public delegate bool RecordRetention(in RecordOutline record);
