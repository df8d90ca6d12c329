using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>What parsing, binding and analysing gave, by the hash of all that it depends on. Losing it costs time and nothing else.</summary>
/// <remarks>With it a start that changes nothing needs no SQL engine at all.</remarks>
internal sealed class CompileCache
{
    private readonly string? _path;
    private readonly Dictionary<string, string> _old;
    private readonly Dictionary<string, string> _used = [];

    /// <param name="path">The file; null keeps everything in memory.</param>
    public CompileCache(string? path)
    {
        _path = path;
        _old = Load(path);
    }

    /// <summary>The outline of a text, or null.</summary>
    public QueryOutline? Outline(string sql) => Get("o" + Fingerprint.Of(Engine, sql)) is { } json ? QueryOutline.FromJson(json) : null;

    public void Keep(string sql, QueryOutline outline) => Put("o" + Fingerprint.Of(Engine, sql), outline.ToJson());

    /// <summary>The bound columns and the analysis under a key, or null.</summary>
    public (Schema Schema, QueryAnalysis Analysis)? Analysis(Fingerprint key) => Get("s" + key) is { } schema && Get("a" + key) is { } analysis
        ? (Schema.FromDelta(schema), QueryAnalysis.FromJson(analysis))
        : null;

    public void Keep(Fingerprint key, Schema schema, QueryAnalysis analysis)
    {
        Put("s" + key, schema.ToDelta());
        Put("a" + key, analysis.ToJson());
    }

    /// <summary>True when something under this key was found sound before.</summary>
    public bool IsSound(Fingerprint key) => Get("c" + key) is not null;

    public void KeepSound(Fingerprint key) => Put("c" + key, "");

    /// <summary>Writes what this project used and drops the rest.</summary>
    public void Save()
    {
        if (_path is null || (_used.Count == _old.Count && _used.Keys.All(_old.ContainsKey)))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(_used, CompileCacheJson.Default.DictionaryStringString));
        File.Move(_path + ".new", _path, overwrite: true);
    }

    private static string Engine => $"{Native.DuckDatabase.PinnedVersion}/{QueryAnalyzer.Revision}";

    private string? Get(string key)
    {
        if (_used.TryGetValue(key, out var value))
            return value;
        if (_old.TryGetValue(key, out value))
            _used[key] = value;
        return value;
    }

    private void Put(string key, string value) => _used[key] = value;

    private static Dictionary<string, string> Load(string? path)
    {
        try
        {
            return path is not null && File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), CompileCacheJson.Default.DictionaryStringString) ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class CompileCacheJson : JsonSerializerContext;
