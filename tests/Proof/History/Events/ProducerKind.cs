namespace ManagedLog.Proof.History.Events;

/// <summary>How a producer keeps itself from writing twice.</summary>
internal enum ProducerKind
{
    /// <summary>Not at all: what is not acknowledged is not sent again.</summary>
    Plain,

    /// <summary>The records of a v3 stream, each answered by itself; not sent again.</summary>
    Streamed,

    /// <summary>An Idempotency-Key; sent again, to any instance, until it is acknowledged.</summary>
    Keyed,

    /// <summary>A producer id and sequences; sent again, to any instance, until it is acknowledged, and only then the next.</summary>
    Numbered,
}
