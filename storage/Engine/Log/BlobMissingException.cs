namespace ManagedLog.Engine.Log;

/// <summary>A blob that the view at hand names does not exist (any more): the view is old, or the blob is lost. Whoever catches it reads the head again to tell.</summary>
internal sealed class BlobMissingException(string blob) : Exception($"Blob {blob} does not exist.")
{
    public string Blob { get; } = blob;
}
