using System.Globalization;
using System.IO.Enumeration;
using System.Text.Json.Nodes;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>A folder outside of the project into which others put files: each new or changed file is taken in.</summary>
internal sealed class FolderConnector : IConnector
{
    public string Type => "folder";

    public Shape Shape { get; } = new(
        "folder section",
        "A folder outside of the project into which others put files.",
        new Key("path", KeyKind.Text, "The folder, absolute or relative to the project.") { IsRequired = true, Example = "/var/spool/orders" },
        new Key("pattern", KeyKind.Text, "Which files, by their name, with * and ?; folders below are searched too.") { Default = "*", Example = "*.csv" },
        new Key("take", KeyKind.Flag, "True deletes a file once its rows stand.") { Default = false },
        new Key("limit", KeyKind.Integer, "At most so many files in one load, the oldest first.") { Minimum = 1, Maximum = 1_000_000 });

    public Place? Read(Section section) => section.Text("path") is { Length: > 0 } path
        ? new Folder(path, section.Text("pattern") ?? "*", section.Flag("take") ?? false, (int?)section.Integer("limit"))
        : null;

    private sealed record Folder(string Path, string Pattern, bool Take, int? Limit) : Place
    {
        public override string Identity => $"{Path}/{Pattern}";

        public override string Format => "";

        public override bool ForgetsWhatItGave => Take;

        public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
        {
            var root = System.IO.Path.Combine(request.ProjectFolder, request.Secrets.Resolve(Path));
            if (!Directory.Exists(root))
                throw new SourceException($"The folder '{root}' of {request.Source.File} is not there. Make it, or change 'path'.");

            // A source that holds what the folder holds takes every file each time; others take what they do not know.
            var isWhole = request.Source.Mode == LoadMode.Replace;
            var known = isWhole ? null : request.State?["files"]?.AsObject();
            var there = Files(root).Select(f => (File: f, Stamp: Stamp(f), Name: System.IO.Path.GetRelativePath(root, f.FullName).Replace('\\', '/'))).ToList();
            var fresh = there.Where(f => (string?)known?[f.Name] != f.Stamp).OrderBy(f => f.File.LastWriteTimeUtc).ThenBy(f => f.Name, StringComparer.Ordinal).ToList();
            var taken = isWhole ? fresh : fresh.Take(Limit ?? int.MaxValue).ToList();
            var receipts = new List<Receipt>();
            foreach (var (file, _, name) in taken)
            {
                cancellationToken.ThrowIfCancellationRequested();
                receipts.Add(Land(request, file, name));
            }

            var left = fresh.Except(taken).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
            return new FetchResult
            {
                // Files that are gone are forgotten, so that the state stays as small as the folder.
                State = new JsonObject { ["files"] = new JsonObject(there.Where(f => !left.Contains(f.Name)).Select(f => KeyValuePair.Create(f.Name, (JsonNode?)JsonValue.Create(f.Stamp)))) },
                IsWhole = isWhole,
                Receipts = receipts,
                Acknowledge = Take ? () => Delete(there.Where(f => !left.Contains(f.Name)).Select(f => (f.File, f.Stamp))) : null,
            };
        }

        private IEnumerable<FileInfo> Files(string root) => new FileSystemEnumerable<FileInfo>(
            root,
            (ref FileSystemEntry entry) => (FileInfo)entry.ToFileSystemInfo(),
            new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && FileSystemName.MatchesSimpleExpression(Pattern, entry.FileName, ignoreCase: false),
        }.OrderBy(f => f.FullName, StringComparer.Ordinal);

        private static Receipt Land(FetchRequest request, FileInfo file, string name)
        {
            var landed = name.Replace("/", "%2F", StringComparison.Ordinal);
            try
            {
                using var from = file.Open(new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete });
                using var to = request.Landing.Create(landed);
                from.CopyTo(to, 1 << 16);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
            {
                throw new SourceException($"'{file.FullName}' of {request.Source.File} could not be read: {e.Message} Nothing was loaded.", e);
            }

            var stamp = Stamp(file);
            file.Refresh();
            if (!file.Exists || Stamp(file) != stamp)
                throw new SourceException($"'{file.FullName}' of {request.Source.File} changed while it was read. Nothing was loaded; run again once writing has ended.");
            var kept = request.Landing.Files[^1];
            return new Receipt(
                file.FullName, [landed], kept.Bytes, kept.Hash, request.Time.GetUtcNow(),
                new Dictionary<string, string> { ["modified"] = file.LastWriteTimeUtc.ToString("O", CultureInfo.InvariantCulture) });
        }

        private static void Delete(IEnumerable<(FileInfo File, string Stamp)> files)
        {
            foreach (var (file, stamp) in files)
            {
                file.Refresh();
                if (file.Exists && Stamp(file) == stamp)
                    file.Delete();
            }
        }

        private static string Stamp(FileInfo file) => string.Create(CultureInfo.InvariantCulture, $"{file.Length}/{file.LastWriteTimeUtc.Ticks}");
    }
}
