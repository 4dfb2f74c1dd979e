namespace ManagedLog.Local.Emulator;

/// <summary>A complete copy of the emulator and the Node.js that runs it.</summary>
internal sealed record AzuriteInstallation(NodeRuntime Node, string Folder)
{
    /// <summary>The emulator's main file.</summary>
    public string MainFile => MainFileIn(Folder);

    public static string MainFileIn(string folder) => Path.Combine(folder, "node_modules", "azurite", "dist", "src", "azurite.js");
}
