using Azure.Core;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Connection;

/// <summary>Reports a credential that gives no token as what it is to a storage call: refused, nothing was sent.</summary>
internal sealed class CheckedTokenCredential(TokenCredential inner) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return inner.GetToken(requestContext, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Refused(e);
        }
    }

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.GetTokenAsync(requestContext, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Refused(e);
        }
    }

    private static StorageRefusedException Refused(Exception e) => new($"The credential gives no token for Azure Storage: {e.Message}", e);
}
