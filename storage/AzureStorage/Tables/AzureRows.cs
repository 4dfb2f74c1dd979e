using System.Globalization;
using Azure;
using Azure.Core.Pipeline;
using ManagedLog.AzureStorage.Connection;
using ManagedLog.AzureStorage.Transport;
using ManagedLog.Engine.Backend;
using ETag = ManagedLog.Engine.Backend.ETag;
using ServiceETag = Azure.ETag;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Rows of the tables with our prefix: each verb is one request, translated.</summary>
internal sealed class AzureRows(AzureStorageOptions options, StorageAccount account, HttpPipelineTransport transport, StorageCaller caller, TimeProvider time)
{
    private readonly TableServiceClient _service = Client(account, transport, time);

    public ValueTask<Outcome<Nothing>> PrepareAsync(string table, CancellationToken cancellationToken) => caller.CallAsync(
        options.CallTimeout,
        async token =>
        {
            await _service.CreateTableAsync(options.TablePrefix + table, token);
            return default(Nothing);
        },
        static e => e.ErrorCode == "TableAlreadyExists" ? Outcome.Done() : null,
        cancellationToken);

    public ValueTask<Outcome<Row>> ReadAsync(string table, RowAddress address, CancellationToken cancellationToken) => caller.CallAsync(
        options.CallTimeout,
        async token =>
        {
            var answer = await Table(table).GetEntityAsync(address.PartitionKey, address.RowKey, token);
            return RowOf(answer.Value, AnsweredAt(answer.GetRawResponse()));
        },
        static e => null,
        cancellationToken);

    public ValueTask<Outcome<RowPage>> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) => caller.CallAsync(
        options.CallTimeout,
        async token =>
        {
            await foreach (var page in Table(table).QueryAsync(Filter(query), query.MaxRows, token).AsPages(query.Continuation))
            {
                var readAt = AnsweredAt(page.GetRawResponse());
                return new RowPage(page.Values.Select(entity => RowOf(entity, readAt)).ToArray(), page.ContinuationToken);
            }

            throw new InvalidDataException("A query has no page.");
        },
        static e => null,
        cancellationToken);

    public ValueTask<Outcome<IReadOnlyList<ETag>>> CommitAsync(string table, RowBatch batch, CancellationToken cancellationToken) => caller.CallAsync<IReadOnlyList<ETag>>(
        options.CallTimeout,
        async token =>
        {
            // One operation alone needs no transaction around it.
            var responses = batch.Operations.Count == 1
                ? [await SendAsync(Table(table), ActionOf(batch.PartitionKey, batch.Operations[0]), token)]
                : await Table(table).SubmitTransactionAsync(batch.Operations.Select(operation => ActionOf(batch.PartitionKey, operation)).ToArray(), token);
            return batch.Operations.Zip(responses, ETagOf).ToArray();
        },
        e => RowFailures.OfCommit<IReadOnlyList<ETag>>(e, batch.Operations.Count),
        cancellationToken);

    private static Task<Response> SendAsync(TableClient table, TableTransactionAction action, CancellationToken cancellationToken) => action.ActionType switch
    {
        TableTransactionActionType.Add => table.AddEntityAsync(action.Entity, cancellationToken),
        TableTransactionActionType.UpdateMerge => table.UpdateEntityAsync(action.Entity, action.ETag, TableUpdateMode.Merge, cancellationToken),
        TableTransactionActionType.UpdateReplace => table.UpdateEntityAsync(action.Entity, action.ETag, TableUpdateMode.Replace, cancellationToken),
        TableTransactionActionType.UpsertReplace => table.UpsertEntityAsync(action.Entity, cancellationToken),
        TableTransactionActionType.Delete => table.DeleteEntityAsync(action.Entity.PartitionKey, action.Entity.RowKey, action.ETag, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(action), action.ActionType, "No such action."),
    };

    private static TableTransactionAction ActionOf(string partitionKey, RowOperation operation)
    {
        var entity = new TableEntity(partitionKey, operation.RowKey);
        foreach (var (name, value) in operation.Properties)
            entity[name] = value.Value;
        var ifMatch = operation.IfMatch is { } etag ? new ServiceETag(etag.Value) : ServiceETag.All;
        return new TableTransactionAction(TypeOf(operation.Kind), entity, ifMatch);
    }

    private static TableTransactionActionType TypeOf(RowOperationKind kind) => kind switch
    {
        RowOperationKind.Insert => TableTransactionActionType.Add,
        RowOperationKind.Replace => TableTransactionActionType.UpdateReplace,
        RowOperationKind.Merge => TableTransactionActionType.UpdateMerge,
        RowOperationKind.Delete => TableTransactionActionType.Delete,
        RowOperationKind.Upsert => TableTransactionActionType.UpsertReplace,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such operation."),
    };

    private static ETag ETagOf(RowOperation operation, Response response)
    {
        if (operation.Kind == RowOperationKind.Delete)
            return default;
        return response.Headers.TryGetValue("ETag", out var etag) ? new ETag(etag) : throw new InvalidDataException("The answer to a change of a row has no ETag.");
    }

    private static Row RowOf(TableEntity entity, DateTimeOffset readAt)
    {
        var properties = entity.ToDictionary(property => property.Key, property => RowValue.From(property.Value), StringComparer.Ordinal);
        var address = new RowAddress(entity.PartitionKey, entity.RowKey);
        return new Row(address, properties, new ETag(entity.ETag.ToString()), entity.Timestamp ?? throw new InvalidDataException("A row has no time."), readAt);
    }

    private static DateTimeOffset AnsweredAt(Response response) => response.Headers.TryGetValue("Date", out var date)
        ? DateTimeOffset.ParseExact(date, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
        : throw new InvalidDataException("The answer to a read of rows has no Date.");

    private static string Filter(RowQuery query)
    {
        var filter = $"PartitionKey eq {Literal(query.PartitionKey)}";
        if (query.FromRowKey is { } from)
            filter += $" and RowKey ge {Literal(from)}";
        if (query.BelowRowKey is { } below)
            filter += $" and RowKey lt {Literal(below)}";
        return filter;

        static string Literal(string key) => $"'{key.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private TableClient Table(string table) => _service.GetTableClient(options.TablePrefix + table);

    private static TableServiceClient Client(StorageAccount account, HttpPipelineTransport transport, TimeProvider time)
    {
        var clientOptions = new TableClientOptions { Transport = transport };
        PipelineSettings.Apply(clientOptions);
        HttpPipelinePolicy authentication = account switch
        {
            { TableKey: { } key } => new TableSharedKeyPolicy(key, time),
            { Sas: { } signature } => new TableSasPolicy(signature),
            { Token: { } credential } => new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"),
            _ => throw new InvalidOperationException("An account without a credential."),
        };
        return new TableServiceClient(account.TableEndpoint, authentication, clientOptions);
    }
}
