using ManagedLog.Simulation;
using ManagedLog.Simulation.Groups;

if (!Options.TryParse(args, out var options))
    return Options.Explain();
var (log, groups) = (options.Breakage, options.GroupBreakage);
return options.Groups
    ? new SimulationProgram<GroupRunFigures>(options, groups.Name, groups.Symptom, seed => GroupRun.Execute(seed, groups, options.Trace)).Run()
    : new SimulationProgram<RunFigures>(options, log.Name, log.Symptom, seed => SimulationRun.Execute(seed, log, options.Trace)).Run();
