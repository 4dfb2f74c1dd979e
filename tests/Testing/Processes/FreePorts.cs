using System.Net;
using System.Net.Sockets;

namespace ManagedLog.Testing.Processes;

/// <summary>Finds ports to start servers on.</summary>
public static class FreePorts
{
    /// <summary>The first of several neighbouring ports of the loopback interface that were free a moment ago.</summary>
    public static int Find(int neighbours = 1)
    {
        for (; ; )
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            if (Enumerable.Range(port + 1, neighbours - 1).All(IsFree))
                return port;
        }
    }

    private static bool IsFree(int port)
    {
        if (port > IPEndPoint.MaxPort)
            return false;
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
