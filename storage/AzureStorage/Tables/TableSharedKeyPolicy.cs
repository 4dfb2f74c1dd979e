using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using ManagedLog.AzureStorage.Connection;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Dates and signs each request with the account's key. The service refuses dates more than 15 minutes off its own clock.</summary>
internal sealed class TableSharedKeyPolicy(TableSharedKey key, TimeProvider time) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = time.GetUtcNow().ToString("r", CultureInfo.InvariantCulture);
        message.Request.Headers.SetValue("x-ms-date", date);
        message.Request.Headers.SetValue("Authorization", key.Authorize(message.Request.Uri.ToUri(), date));
    }
}
