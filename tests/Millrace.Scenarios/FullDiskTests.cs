using System.Diagnostics;

namespace Millrace.Scenarios;

public sealed class FullDiskTests
{
    [Fact]
    public void On_a_full_disk_a_run_says_so_leaves_the_last_release_in_force_and_goes_on_once_there_is_room()
    {
        using var bikes = Workshop.AfterFirstRun();
        var home = Path.Combine(bikes.Folder, "small disk");
        Directory.CreateDirectory(home);
        using var disk = SmallDisk.Mount(home);
        Workshop.Copy(bikes.Home, home, withState: true);
        Directory.Delete(bikes.Home, recursive: true);
        const string Sums = "SELECT (SELECT sum(rides) FROM hourly WHERE year(hour) = 2011), (SELECT count(*) FROM rides), (SELECT sum(rides) FROM hourly), (SELECT count(*) FROM hourly_features)";
        string Query() => bikes.Ask("query", Sums, "--home", home).Exits(0).Out.Split('\n')[1];
        Assert.Equal("1243103,8645,1243103,8760", Query());
        bikes.Arrive("2012-01", "2012-02", "2012-03");

        // Each time a little more is free, so that the disk is full at another place: the ledger, the log, the data files.
        var filler = Path.Combine(home, "filler");
        foreach (var free in new[] { 0, 4, 16, 40, 64 })
        {
            File.Delete(filler);
            SmallDisk.Fill(filler, free * 1024);

            var run = bikes.Ask("run", "--home", home).Exits(1);

            Assert.Matches("(?i)no space (is )?left|disk is full", run.Out + run.Error);
            File.Delete(filler);
            Assert.StartsWith("1243103,", Query(), StringComparison.Ordinal);
        }

        var last = bikes.Ask("run", "--home", home, "--json").Exits(0);

        Assert.Equal("1243103,10821,1607859,10944", Query());
        Assert.NotNull(last.Json["release"]);
        bikes.Ask("check", "--home", home).Exits(0);
    }

    /// <summary>A file system in memory that is soon full. Only an administrator may mount one.</summary>
    private sealed class SmallDisk(string folder) : IDisposable
    {
        public static SmallDisk Mount(string folder)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Mounts a tmpfs, which only Linux has.");
            var (code, error) = Tool("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
            Assert.SkipUnless(code == 0, $"Mounting a small tmpfs is not allowed here: {error.Trim()}");
            return new SmallDisk(folder);
        }

        /// <summary>Writes a file until only so many bytes are free.</summary>
        public static void Fill(string file, long free)
        {
            var room = new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace - free;
            File.WriteAllBytes(file, new byte[room]);
        }

        public void Dispose() => Tool("umount", folder);

        private static (int Code, string Error) Tool(string name, params string[] words)
        {
            try
            {
                using var tool = Process.Start(new ProcessStartInfo(name, words) { RedirectStandardError = true })!;
                var error = tool.StandardError.ReadToEnd();
                tool.WaitForExit();
                return (tool.ExitCode, error);
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                return (-1, e.Message);
            }
        }
    }
}
