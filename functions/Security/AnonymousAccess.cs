using System.Net;
using ManagedLog.Functions.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Security;

/// <summary>
/// Who may do everything without saying who they are: programs of a developer's own machine, in the Development environment, and nobody else anywhere. A page of another site
/// that the developer's browser shows is no such program, nor is another machine's program that comes through a proxy on this one.
/// </summary>
internal static class AnonymousAccess
{
    private static readonly string[] s_clientHeaders = ["X-Forwarded-For", "X-Real-IP"];

    /// <summary>
    /// Whether there is such access at all. Under the Functions host there is not, whatever the environment: the host listens for all, and its calls come from this machine.
    /// Throws <see cref="StartException"/> where it would be offered to other machines.
    /// </summary>
    public static bool IsOffered(bool isDevelopment, IConfiguration configuration)
    {
        if (!isDevelopment || FunctionsHost.IsPresent(configuration))
            return false;
        if (FindExposed(configuration) is { } exposed)
        {
            throw new StartException(
                $"In the Development environment callers need no credentials, so the service listens on loopback addresses only and not on {exposed}: "
                + "listen on http://localhost:PORT, or set ASPNETCORE_ENVIRONMENT=Production.");
        }

        return true;
    }

    /// <summary>Whether a request comes from a program on this machine, as far as can be seen.</summary>
    public static bool IsFromHere(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote) || !IsLoopbackName(context.Request.Host.Host))
            return false;
        var headers = context.Request.Headers;
        // Headers that tell for whom a proxy asks. Those that tell only under which name (host, scheme, path) shape the links of an answer, and a program here may well send them.
        foreach (var name in s_clientHeaders)
        {
            if (headers.ContainsKey(name))
                return false;
        }

        if (NamesAClient(headers["Forwarded"]))
            return false;

        // A name that an attacker's server gives this machine's address is caught by Host; a page that names this machine itself, by Origin.
        return headers.Origin.Count == 0 || (Uri.TryCreate(headers.Origin.ToString(), UriKind.Absolute, out var origin) && IsLoopbackName(origin.Host));
    }

    /// <summary>Whether an element of RFC 7239 says "for" or "by" whom. What looks like one within quotes is taken for one.</summary>
    private static bool NamesAClient(StringValues forwarded)
    {
        foreach (var pair in forwarded.ToString().Split(',', ';'))
        {
            var name = pair.AsSpan(0, Math.Max(0, pair.IndexOf('=', StringComparison.Ordinal))).Trim();
            if (name.Equals("for", StringComparison.OrdinalIgnoreCase) || name.Equals("by", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static string? FindExposed(IConfiguration configuration)
    {
        // Ports without an address are of all addresses; "urls" goes before them.
        var urls = configuration["urls"];
        if (string.IsNullOrEmpty(urls) && (!string.IsNullOrEmpty(configuration["http_ports"]) || !string.IsNullOrEmpty(configuration["https_ports"])))
            return "all of them";
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(static endpoint => endpoint["Url"] ?? "");
        return (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Concat(endpoints).FirstOrDefault(static url => !IsLoopbackUrl(url));
    }

    private static bool IsLoopbackUrl(string url)
    {
        try
        {
            return IsLoopbackName(BindingAddress.Parse(url).Host);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsLoopbackName(string name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
