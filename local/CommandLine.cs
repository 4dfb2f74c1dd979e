using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ManagedLog.Local;

/// <summary>The command line: its options, their defaults and what is refused, each in one sentence.</summary>
internal sealed class CommandLine
{
    private const string Azurite = "azurite";
    private const string Memory = "memory";

    private readonly RootCommand _command = new("Runs ManagedLog on this machine: a storage emulator and the service, until Ctrl+C.");
    private readonly ConsoleOutput _console;
    private readonly Option<int> _port;
    private readonly Option<string> _data;
    private readonly Option<string> _storage;
    private readonly Option<int> _instances;

    /// <param name="defaultDataFolder">Used when --data is not given.</param>
    public CommandLine(string defaultDataFolder, ConsoleOutput console)
    {
        _console = console;
        _port = NumberOption("--port", "The port of the service.", LocalOptions.DefaultPort, LocalOptions.LastPort);
        _instances = NumberOption("--instances", "How many instances of the service to start, on ports that follow --port.", 1, LocalOptions.MaxInstances);
        _data = new Option<string>("--data")
        {
            Description = "The folder that keeps the data between runs.",
            HelpName = "folder",
            DefaultValueFactory = _ => defaultDataFolder,
        };
        _storage = new Option<string>("--storage")
        {
            Description = "Where the data are: in the storage emulator, or in the memory of one instance.",
            HelpName = $"{Azurite}|{Memory}",
            DefaultValueFactory = _ => Azurite,
        };
        _storage.Validators.Add(RefuseUnknownStorage);
        _command.Options.Add(_port);
        _command.Options.Add(_data);
        _command.Options.Add(_storage);
        _command.Options.Add(_instances);
    }

    /// <summary>
    /// Runs <paramref name="run"/> with the options, or answers --help and --version, or writes to standard error in one sentence what is wrong.
    /// </summary>
    /// <returns>The exit code.</returns>
    public Task<int> InvokeAsync(string[] arguments, Func<LocalOptions, Task<int>> run)
    {
        _command.SetAction((parsed, _) =>
        {
            var options = OptionsOf(parsed);
            return options.Contradiction is { } contradiction ? Task.FromResult(Refuse(contradiction)) : run(options);
        });
        var result = _command.Parse(arguments);
        // Signals are ours: a stop takes longer than the library would wait.
        return result.Errors is [var error, ..]
            ? Task.FromResult(Refuse(error.Message))
            : result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private int Refuse(string sentence)
    {
        _console.Error(sentence);
        return ExitCodes.Usage;
    }

    private LocalOptions OptionsOf(ParseResult parsed) =>
        new(
            parsed.GetValue(_port),
            parsed.GetRequiredValue(_data),
            parsed.GetRequiredValue(_storage) == Memory ? StorageKind.Memory : StorageKind.Azurite,
            parsed.GetValue(_instances));

    private static Option<int> NumberOption(string name, string description, int defaultValue, int max) => new(name)
    {
        Description = description,
        HelpName = "number",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = argument =>
        {
            var text = argument.Tokens is [var token] ? token.Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max)
                return number;
            argument.AddError($"{name} takes a number from 1 to {max}, not \"{text}\".");
            return defaultValue;
        },
    };

    private static void RefuseUnknownStorage(OptionResult option)
    {
        if (option.Tokens is [var token] && token.Value is not (Azurite or Memory))
            option.AddError($"--storage is {Azurite} or {Memory}, not \"{token.Value}\".");
    }
}
