using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>
/// The tables of one account. A thin client over Azure.Core's pipeline with the names and shapes of Azure.Data.Tables, as far as we use it.
/// </summary>
internal sealed class TableServiceClient
{
    private readonly TableRequests _requests;

    /// <param name="endpoint">The table service, with the account in the path where the emulator wants it there.</param>
    /// <param name="authentication">Signs each request.</param>
    /// <param name="options">Transport, retries, diagnostics.</param>
    public TableServiceClient(Uri endpoint, HttpPipelinePolicy authentication, TableClientOptions options)
    {
        var pipeline = HttpPipelineBuilder.Build(options, [], [authentication], new ResponseClassifier());
        _requests = new TableRequests(endpoint, pipeline);
    }

    public TableClient GetTableClient(string tableName) => new(tableName, _requests);

    /// <exception cref="RequestFailedException">With code TableAlreadyExists, or for another reason.</exception>
    public async Task CreateTableAsync(string tableName, CancellationToken cancellationToken)
    {
        using var message = _requests.Create(RequestMethod.Post, "Tables");
        message.Request.Headers.Add("Prefer", "return-no-content");
        TableRequests.SetJson(message, EntityJson.WriteTable(tableName));
        await _requests.SendAsync(message, cancellationToken);
    }
}
