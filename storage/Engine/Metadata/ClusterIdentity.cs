using System.Buffers.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// The cluster id: 16 random bytes as 22 characters of base64url, as Kafka's. Whichever instance starts first writes it; the row is never changed
/// or removed, so every instance reads the same, and a write that lands late changes nothing.
/// </summary>
internal sealed class ClusterIdentity(IStorageBackend backend, TimeProvider time, Entropy entropy)
{
    private static readonly RowAddress Address = new(StorageLayout.ClusterPartitionKey, StorageLayout.IdentityRowKey);

    /// <summary>Refuses with KAFKA_STORAGE_ERROR or REQUEST_TIMED_OUT; it may then be asked again.</summary>
    public async ValueTask<Result<string>> LearnAsync(CancellationToken cancellationToken)
    {
        var tries = new WriteTries(time, entropy);
        var proposal = new ClusterIdentityRow(NewId());
        while (true)
        {
            var read = await backend.ReadRowAsync(StorageLayout.ClusterTable, Address, cancellationToken);
            if (read.IsDone)
                return ClusterIdentityRow.Decode(read.Value).ClusterId;
            if (read.Status != OutcomeStatus.Missing)
                return tries.GiveUp("Reading the cluster id");

            var batch = new RowBatch(Address.PartitionKey).Insert(Address.RowKey, proposal.Encode());
            var inserted = await backend.CommitRowsAsync(StorageLayout.ClusterTable, batch, cancellationToken);
            if (inserted.IsDone)
                return proposal.ClusterId;
            if (!await tries.AgainAsync(inserted.Status, cancellationToken))
                return tries.GiveUp("Writing the cluster id");
        }
    }

    /// <summary>The first bit is 0, so that it never begins with '-', which command lines take for an option.</summary>
    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        entropy.NextGuid().TryWriteBytes(bytes);
        bytes[0] &= 0x7F;
        return Base64Url.EncodeToString(bytes);
    }
}
