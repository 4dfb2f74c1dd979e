global using Xunit;

// Signals, shell scripts in place of Node.js and npm, and named pipes.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
