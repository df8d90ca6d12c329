using Millrace.Cli;
using Millrace.Cli.Output;

return CommandLine.Run(args, Terminal.OfProcess());
