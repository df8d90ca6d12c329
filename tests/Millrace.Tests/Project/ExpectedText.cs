using System.Runtime.CompilerServices;

namespace Millrace.Tests.Project;

/// <summary>Wide outputs are compared with a file in the repository; <c>MILLRACE_ACCEPT=1</c> writes the file anew, for review in the diff.</summary>
internal static class ExpectedText
{
    public static string PathOf(string file, [CallerFilePath] string caller = "") => Path.Combine(Path.GetDirectoryName(caller)!, file);

    public static void Compare(string file, string actual, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(caller)!, file);
        if (Environment.GetEnvironmentVariable("MILLRACE_ACCEPT") == "1")
            File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
