using System.Buffers;
using System.Text;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>An entity group transaction as it is sent: one batch with one change set, each action a request inside a part.</summary>
/// <remarks>learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.</remarks>
internal sealed class TransactionContent(Guid id)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly string _batch = $"batch_{id}";
    private readonly string _changeSet = $"changeset_{id}";

    public string ContentType => $"multipart/mixed; boundary={_batch}";

    /// <param name="action">What to do.</param>
    /// <param name="address">The whole address, escaped: of the table for Add, otherwise of the entity.</param>
    public void Add(TableTransactionAction action, string address)
    {
        if (_buffer.WrittenCount == 0)
            Line($"--{_batch}", $"Content-Type: multipart/mixed; boundary={_changeSet}", "");

        Line($"--{_changeSet}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "");
        Line($"{Method(action.ActionType)} {address} HTTP/1.1", $"Accept: {TableRequests.JsonAccept}", "DataServiceVersion: 3.0");
        if (action.ActionType == TableTransactionActionType.Add)
            Line("Prefer: return-no-content");
        else if (action.ActionType != TableTransactionActionType.UpsertReplace)
            Line($"If-Match: {action.ETag.ToString("H")}");
        if (action.ActionType == TableTransactionActionType.Delete)
        {
            Line("", "");
            return;
        }

        Line("Content-Type: application/json", "");
        EntityJson.Write(action.Entity, _buffer);
        Line("");
    }

    /// <summary>All of it; nothing can be added after.</summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        Line($"--{_changeSet}--", $"--{_batch}--");
        return _buffer.WrittenMemory;
    }

    private static string Method(TableTransactionActionType type) => type switch
    {
        TableTransactionActionType.Add => "POST",
        TableTransactionActionType.UpdateMerge => "PATCH",
        TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => "PUT",
        TableTransactionActionType.Delete => "DELETE",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such action."),
    };

    private void Line(params ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
        {
            Encoding.UTF8.GetBytes(line, _buffer);
            _buffer.Write("\r\n"u8);
        }
    }
}
