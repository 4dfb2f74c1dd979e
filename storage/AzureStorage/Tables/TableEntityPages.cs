using Azure;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Pages one after the other, each read when it is asked for.</summary>
internal sealed class TableEntityPages(Func<string?, CancellationToken, Task<Page<TableEntity>>> read, CancellationToken cancellationToken)
    : AsyncPageable<TableEntity>(cancellationToken)
{
    public override async IAsyncEnumerable<Page<TableEntity>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
    {
        do
        {
            var page = await read(continuationToken, CancellationToken);
            yield return page;
            continuationToken = page.ContinuationToken;
        }
        while (continuationToken is not null);
    }
}
