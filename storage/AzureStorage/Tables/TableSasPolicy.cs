using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Appends a shared access signature to the address of each request.</summary>
internal sealed class TableSasPolicy(AzureSasCredential credential) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var uri = message.Request.Uri;
        var signature = credential.Signature.TrimStart('?');
        uri.Query = uri.Query.Length > 1 ? $"{uri.Query}&{signature}" : $"?{signature}";
    }
}
