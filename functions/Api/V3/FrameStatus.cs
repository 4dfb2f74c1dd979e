namespace ManagedLog.Functions.Api.V3;

/// <summary>What <see cref="JsonFramer"/> found.</summary>
internal enum FrameStatus
{
    /// <summary>Nothing but white space.</summary>
    None = 0,

    /// <summary>The beginning of a document; more bytes are needed.</summary>
    Partial,

    /// <summary>One whole document, by its brackets.</summary>
    Document,

    /// <summary>Something that is no object and no array.</summary>
    Malformed,
}
