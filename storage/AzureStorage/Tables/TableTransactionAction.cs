using Azure;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>One operation of a transaction. <paramref name="ETag"/>: <see cref="Azure.ETag.All"/> for "whatever it is"; not used by Add and UpsertReplace.</summary>
internal sealed record TableTransactionAction(TableTransactionActionType ActionType, TableEntity Entity, ETag ETag);
