using System.Runtime.InteropServices;

namespace ManagedLog.Proof.Streaming;

/// <summary>
/// A large file of real text that every developer's machine can make: the text files of the .NET SDK and the readable system logs, one after the other.
/// </summary>
internal static class AssembledFile
{
    private static readonly string[] s_extensions = [".xml", ".txt", ".targets", ".props", ".json", ".log"];

    /// <summary>Writes at least so many bytes. When there is not enough text, it begins again.</summary>
    public static void Write(string path, long atLeastBytes)
    {
        var sources = Sources();
        using var target = new FileStream(path, FileMode.Create, FileAccess.Write);
        while (target.Length < atLeastBytes)
        {
            foreach (var source in sources.TakeWhile(_ => target.Length < atLeastBytes))
            {
                target.Write(File.ReadAllBytes(source));
                target.WriteByte((byte)'\n');
            }
        }
    }

    private static List<string> Sources()
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return
        [
            .. from folder in (string[])["/var/log", dotnet]
               where Directory.Exists(folder)
               from file in Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal)
               where s_extensions.Contains(Path.GetExtension(file)) && IsReadable(file)
               select file,
        ];
    }

    private static bool IsReadable(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return stream.Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
