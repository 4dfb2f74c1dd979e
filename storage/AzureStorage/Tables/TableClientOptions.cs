using Azure.Core;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Azure.Core's options; the table client has none of its own.</summary>
internal sealed class TableClientOptions : ClientOptions;
