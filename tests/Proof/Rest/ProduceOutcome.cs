namespace ManagedLog.Proof.Rest;

/// <summary>What a producer knows after a request.</summary>
internal enum ProduceOutcome
{
    /// <summary>Every record stands at the offset that was told.</summary>
    Acknowledged,

    /// <summary>No record was appended: nobody was there, or the answer says so.</summary>
    Refused,

    /// <summary>Any of them may have been appended: the connection broke, or the answer says that nobody knows.</summary>
    Unknown,
}
