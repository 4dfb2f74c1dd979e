using Microsoft.Net.Http.Headers;

namespace ManagedLog.Functions.Api.Http;

/// <summary>
/// Scheme and host as the client sees them, for the links in answers: <c>Forwarded</c> (RFC 7239) wins over <c>X-Forwarded-Proto</c> and <c>-Host</c>, and those over
/// the connection itself. Of several proxies the first one named, which is the one nearest to the client. What is no host or scheme is passed over.
/// Behind a gateway that serves the paths under a prefix, <c>X-Forwarded-Prefix</c> gives the prefix, or <c>X-Forwarded-Path</c> the whole path as the client sent it.
/// </summary>
internal static class PublicUrl
{
    public static string Of(HttpRequest request)
    {
        string? scheme = null;
        string? host = null;
        ReadForwarded(First(request.Headers["Forwarded"].ToString()), ref scheme, ref host);
        scheme ??= Scheme(First(request.Headers["X-Forwarded-Proto"].ToString()).ToString());
        host ??= Host(First(request.Headers["X-Forwarded-Host"].ToString()).ToString());
        return $"{scheme ?? request.Scheme}://{host ?? Host(request.Host.Value ?? "") ?? "localhost"}{Prefix(request)}";
    }

    private static string Prefix(HttpRequest request)
    {
        var prefix = First(request.Headers["X-Forwarded-Prefix"].ToString()).TrimEnd('/').ToString();
        if (prefix.Length == 0)
        {
            var path = First(request.Headers["X-Forwarded-Path"].ToString()).TrimEnd('/');
            var own = (request.Path.Value ?? "").AsSpan().TrimEnd('/');
            prefix = own.Length > 0 && path.EndsWith(own, StringComparison.Ordinal) ? path[..^own.Length].ToString() : "";
        }

        return IsPrefix(prefix) ? prefix : "";
    }

    /// <summary>Segments of unreserved characters only: what else could stand there would change what the link means.</summary>
    private static bool IsPrefix(string text) =>
        text.StartsWith('/') && !text.Contains("//", StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '_' or '~');

    private static void ReadForwarded(ReadOnlySpan<char> element, ref string? scheme, ref string? host)
    {
        foreach (var part in element.Split(';'))
        {
            var pair = element[part].Trim();
            var equals = pair.IndexOf('=');
            if (equals < 0)
                continue;
            var value = HeaderUtilities.RemoveQuotes(pair[(equals + 1)..].Trim().ToString()).ToString();
            if (pair[..equals].Equals("proto", StringComparison.OrdinalIgnoreCase))
                scheme = Scheme(value);
            else if (pair[..equals].Equals("host", StringComparison.OrdinalIgnoreCase))
                host = Host(value);
        }
    }

    private static ReadOnlySpan<char> First(string list)
    {
        var comma = list.IndexOf(',', StringComparison.Ordinal);
        return (comma < 0 ? list : list.AsSpan(0, comma)).Trim();
    }

    private static string? Scheme(string text) =>
        text.Equals("https", StringComparison.OrdinalIgnoreCase) ? "https" : text.Equals("http", StringComparison.OrdinalIgnoreCase) ? "http" : null;

    private static string? Host(string text) =>
        text.Length > 0 && Uri.TryCreate("http://" + text, UriKind.Absolute, out var uri) && uri.AbsolutePath == "/" && uri.UserInfo.Length == 0
            && uri.Query.Length == 0 && uri.Fragment.Length == 0 && !text.EndsWith('/')
            ? text
            : null;
}
