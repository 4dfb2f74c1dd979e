namespace ManagedLog.Functions.Hosting;

/// <summary>
/// What storage costs, for the estimates that insight gives. The defaults are near what is published in US dollars for a general purpose v2 account, hot tier, local redundancy; prices differ by
/// region and change, so set those of your account.
/// </summary>
internal sealed class PriceOptions
{
    public string Currency { get; set; } = "USD";

    /// <summary>A GiB stored for a month of 30 days.</summary>
    public double StoragePerGibMonth { get; set; } = 0.0208;

    /// <summary>10,000 operations on blobs that write or list.</summary>
    public double BlobWritesPer10000 { get; set; } = 0.055;

    /// <summary>10,000 operations on blobs that read, and all others.</summary>
    public double BlobReadsPer10000 { get; set; } = 0.0044;

    /// <summary>10,000 operations on table rows.</summary>
    public double TablePer10000 { get; set; } = 0.00036;

    /// <summary>Null, or what is wrong.</summary>
    public string? FindDefect() =>
        new[] { StoragePerGibMonth, BlobWritesPer10000, BlobReadsPer10000, TablePer10000 }.All(price => double.IsFinite(price) && price >= 0)
            ? null
            : "The prices in ManagedLog:Prices must not be negative.";
}
