using System.Data.Common;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Delivery;
using Millrace.Lake;
using Millrace.Native;
using Millrace.Project;
using Millrace.Sources;

namespace Millrace.Cli;

/// <summary>What a person or a program reads when a command could not do its work.</summary>
internal static class Failure
{
    /// <summary>Says what went wrong; keeps the rest of it in the home's log.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, Invocation call)
    {
        // A type that fails to load hides the reason inside.
        var error = exception is TypeInitializationException { InnerException: { } inner } ? inner : exception;
        if (error is OperationCanceledException)
            return ExitCode.Interrupted;

        var code = CodeOf(error);
        var problems = (error as ProblemException)?.Problems ?? [];
        var log = code is "project" or "refused" or "mistake" ? null : Log(code, error, call);
        var message = MessageOf(code, error, log, call);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(code, message, problems));
        else if (problems.Count > 0)
            WriteProblems(problems, call);
        else
            call.Terminal.Error.WriteLine(call.Terminal.ErrorPaint.Of(Tone.Bad, message));
        return code is "project" or "mistake" ? ExitCode.Wrong : ExitCode.Refused;
    }

    /// <summary>The document that stands for an answer which there is none of.</summary>
    public static JsonObject ToJson(string code, string message, IReadOnlyList<Problem> problems) => new()
    {
        ["error"] = new JsonObject { ["code"] = code, ["message"] = message, ["problems"] = JsonText.Array(problems, JsonText.Of) },
    };

    private static void WriteProblems(IReadOnlyList<Problem> problems, Invocation call)
    {
        var terminal = call.Terminal;
        ProblemText.Write(terminal.Error, terminal.ErrorPaint, problems, call.ProjectFolder ?? terminal.WorkingFolder, call.ShownBefore);
    }

    private static string CodeOf(Exception error) => error switch
    {
        ProblemException => "project",
        EngineException { IsMistake: true } => "mistake",
        EngineException => "refused",
        DuckException => "sql",
        LakeException or CommitConflictException => "lake",
        SourceException => "source",
        DeliveryException => "delivery",
        DbException => "ledger",
        IOException or UnauthorizedAccessException or InvalidDataException => "files",
        _ => "unexpected",
    };

    private static string MessageOf(string code, Exception error, string? log, Invocation call)
    {
        var message = error.Message.TrimEnd();
        var details = log is null ? "" : $"\nDetails: {log}";
        return code switch
        {
            "project" => $"The project has {Human.Count(((ProblemException)error).Problems.Count, "problem")}. Nothing was done.",
            "ledger" => $"The ledger could not be read or written: {message}{FullDisk(call)}{details}",
            "files" => $"{message} Nothing is half done: mend it and run the same command again.{details}",
            "unexpected" => $"Millrace met an error that it does not know: {message} Please report it.{details}",
            "sql" when call.ProjectFolder is null && ((DuckException)error).Kind == DuckErrorKind.Catalog =>
                $"{message}\nThere is no project here, so SQL reads files: SELECT * FROM 'orders.csv'. "
                    + "For a project's tables go to its folder, or name it with --project.",
            _ => message,
        };
    }

    /// <summary>Of a full disk SQLite says only that it could not write.</summary>
    private static string FullDisk(Invocation call)
    {
        const long Least = 1 << 20;
        try
        {
            return call.HomeFolder is { } home && new DriveInfo(home).AvailableFreeSpace < Least
                ? $" No space is left where {home} lies: make room and run the same command again."
                : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Keeps the whole error in the home's log, or beside the system's temporary files where there is no home.</summary>
    /// <returns>The file, or null when it cannot be written; then the message has to do.</returns>
    private static string? Log(string code, Exception error, Invocation call)
    {
        try
        {
            var folder = call.HomeFolder is { } home && Directory.Exists(home)
                ? Path.Combine(home, "logs")
                : Path.Combine(Path.GetTempPath(), "millrace-logs");
            Directory.CreateDirectory(folder);
            var file = Path.Combine(folder, "errors.jsonl");
            File.AppendAllText(file, JsonText.Line(new JsonObject
            {
                ["at"] = JsonText.Moment(call.Terminal.Clock.GetUtcNow()),
                ["command"] = call.CommandName,
                ["code"] = code,
                ["message"] = error.Message,
                ["exception"] = error.ToString(),
            }) + "\n");
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
