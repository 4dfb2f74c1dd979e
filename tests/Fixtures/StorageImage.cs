using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Fixtures;

/// <summary>All that one storage account holds, rows and blobs in ordinal order of their names.</summary>
internal sealed record StorageImage(IReadOnlyList<StoredRow> Rows, IReadOnlyList<StoredBlob> Blobs)
{
    /// <summary>Puts everything into an account in which nothing is yet, block for block.</summary>
    public async Task LoadAsync(IStorageBackend storage)
    {
        Require(await storage.PrepareAsync(StorageLayout.Tables, default));
        foreach (var row in Rows)
            Require(await storage.CommitRowsAsync(row.Table, new RowBatch(row.Address.PartitionKey).Insert(row.Address.RowKey, row.Properties), default));
        foreach (var blob in Blobs)
            await LoadAsync(storage, blob);
    }

    private static async Task LoadAsync(IStorageBackend storage, StoredBlob blob)
    {
        if (blob.Kind == BlobKind.Block)
        {
            Require(await storage.PutBlobAsync(blob.Name, blob.Content, default));
            return;
        }

        Require(await storage.CreateAppendBlobAsync(blob.Name, default));
        var position = 0L;
        foreach (var block in blob.Blocks)
        {
            var appended = await storage.AppendAsync(blob.Name, position, block, default);
            Require(appended);
            position = appended.Value;
        }
    }

    private static void Require<T>(Outcome<T> outcome)
    {
        if (!outcome.IsDone)
            throw new InvalidOperationException($"The image could not be loaded: {outcome}");
    }
}
