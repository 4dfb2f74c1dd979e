using System.Globalization;
using Azure;
using Azure.Core;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>The entities of one table.</summary>
internal sealed class TableClient(string tableName, TableRequests requests)
{
    public async Task<Response<TableEntity>> GetEntityAsync(string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        using var message = requests.Create(RequestMethod.Get, EntityPath(partitionKey, rowKey));
        var response = await requests.SendAsync(message, cancellationToken);
        return Response.FromValue(EntityJson.Read(response.Content.ToMemory()), Detach(response, message));
    }

    /// <summary>Pages of the entities that match an OData filter, in order of their keys.</summary>
    public AsyncPageable<TableEntity> QueryAsync(string filter, int maxPerPage, CancellationToken cancellationToken) =>
        new TableEntityPages((continuation, token) => QueryPageAsync(filter, maxPerPage, continuation, token), cancellationToken);

    /// <exception cref="RequestFailedException">EntityAlreadyExists, or another reason.</exception>
    public async Task<Response> AddEntityAsync(TableEntity entity, CancellationToken cancellationToken)
    {
        using var message = requests.Create(RequestMethod.Post, tableName);
        message.Request.Headers.Add("Prefer", "return-no-content");
        TableRequests.SetJson(message, EntityJson.Write(entity));
        return Detach(await requests.SendAsync(message, cancellationToken), message);
    }

    public async Task<Response> UpdateEntityAsync(TableEntity entity, ETag ifMatch, TableUpdateMode mode, CancellationToken cancellationToken)
    {
        using var message = requests.Create(mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch, EntityPath(entity.PartitionKey, entity.RowKey));
        message.Request.Headers.Add("If-Match", ifMatch.ToString("H"));
        TableRequests.SetJson(message, EntityJson.Write(entity));
        return Detach(await requests.SendAsync(message, cancellationToken), message);
    }

    /// <summary>Without If-Match the service inserts the entity or replaces it ("Insert Or Replace Entity").</summary>
    public async Task<Response> UpsertEntityAsync(TableEntity entity, CancellationToken cancellationToken)
    {
        using var message = requests.Create(RequestMethod.Put, EntityPath(entity.PartitionKey, entity.RowKey));
        TableRequests.SetJson(message, EntityJson.Write(entity));
        return Detach(await requests.SendAsync(message, cancellationToken), message);
    }

    public async Task<Response> DeleteEntityAsync(string partitionKey, string rowKey, ETag ifMatch, CancellationToken cancellationToken)
    {
        using var message = requests.Create(RequestMethod.Delete, EntityPath(partitionKey, rowKey));
        message.Request.Headers.Add("If-Match", ifMatch.ToString("H"));
        return Detach(await requests.SendAsync(message, cancellationToken), message);
    }

    /// <summary>Carries out 1–100 actions on entities of one PartitionKey, all or none; answers one response for each, in order.</summary>
    /// <exception cref="TableTransactionFailedException">One action was refused, and so all were.</exception>
    /// <exception cref="InvalidDataException">The answer cannot be understood: all of them or none was carried out.</exception>
    public async Task<IReadOnlyList<Response>> SubmitTransactionAsync(IReadOnlyList<TableTransactionAction> actions, CancellationToken cancellationToken)
    {
        var batch = new TransactionContent(Guid.NewGuid());
        foreach (var action in actions)
        {
            var path = action.ActionType == TableTransactionActionType.Add ? tableName : EntityPath(action.Entity.PartitionKey, action.Entity.RowKey);
            batch.Add(action, requests.Address(path));
        }

        using var message = requests.Create(RequestMethod.Post, "$batch");
        message.Request.Headers.Add("Content-Type", batch.ContentType);
        message.Request.Content = RequestContent.Create(batch.ToMemory());
        var response = await requests.SendAsync(message, cancellationToken);
        return TransactionResponse.Parse(response.Content.ToMemory(), actions.Count);
    }

    private async Task<Page<TableEntity>> QueryPageAsync(string filter, int maxPerPage, string? continuation, CancellationToken cancellationToken)
    {
        using var message = requests.Create(RequestMethod.Get, $"{tableName}()");
        message.Request.Uri.AppendQuery("$filter", filter, escapeValue: true);
        message.Request.Uri.AppendQuery("$top", maxPerPage.ToString(CultureInfo.InvariantCulture), escapeValue: false);
        if (continuation is not null)
        {
            // The service's own two opaque values, with a space between; the second may be absent.
            var space = continuation.IndexOf(' ', StringComparison.Ordinal);
            message.Request.Uri.AppendQuery("NextPartitionKey", space < 0 ? continuation : continuation[..space], escapeValue: true);
            if (space >= 0)
                message.Request.Uri.AppendQuery("NextRowKey", continuation[(space + 1)..], escapeValue: true);
        }

        var response = await requests.SendAsync(message, cancellationToken);
        var entities = EntityJson.ReadPage(response.Content.ToMemory());
        string? next = null;
        if (response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partitionKey))
            next = response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var rowKey) ? $"{partitionKey} {rowKey}" : partitionKey;
        return Page<TableEntity>.FromValues(entities, next, Detach(response, message));
    }

    /// <summary>A key holds a quote as two, like every OData literal.</summary>
    private string EntityPath(string partitionKey, string rowKey) => $"{tableName}(PartitionKey='{Literal(partitionKey)}',RowKey='{Literal(rowKey)}')";

    private static string Literal(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    /// <summary>The message would take its response with it.</summary>
    private static HeadersOnlyResponse Detach(Response response, HttpMessage message) => new HeadersOnlyResponse(response.Status, response.Headers, message.Request.ClientRequestId);
}
