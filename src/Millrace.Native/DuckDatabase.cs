using System.Collections.Frozen;
using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>One instance of the engine, in memory: its own catalog, buffer pool and threads.</summary>
/// <remarks>It closes when it and everything made from it have been disposed. Safe to use from several threads.</remarks>
public sealed class DuckDatabase : IDisposable
{
    /// <summary>The version of libduckdb that this binding is written for and tested against.</summary>
    public const string PinnedVersion = "v1.5.5";

    private static readonly Lazy<string> Library = new(() => NativeText.Read(NativeMethods.duckdb_library_version()) ?? "");

    private static readonly Lazy<FrozenSet<string>> BuiltIn = new(ReadBuiltIn);

    private readonly DatabaseHandle _handle;

    private DuckDatabase(DatabaseHandle handle) => _handle = handle;

    /// <summary>The version of the library that was loaded, such as <c>v1.5.5</c>.</summary>
    /// <exception cref="DllNotFoundException">The library was not found; the message names every path that was tried.</exception>
    public static string Version => Library.Value;

    /// <summary>Opens a new, empty database in memory.</summary>
    /// <param name="settings">Settings by the engine's names, such as <c>memory_limit</c>; applied before anything else happens.</param>
    /// <exception cref="DuckException">A setting does not exist or does not take its value.</exception>
    /// <exception cref="DllNotFoundException">The library was not found; the message names every path that was tried.</exception>
    /// <exception cref="InvalidOperationException">The library has another version than <see cref="PinnedVersion"/>.</exception>
    public static DuckDatabase Open(IReadOnlyDictionary<string, string>? settings = null)
    {
        if (Version != PinnedVersion)
            throw new InvalidOperationException(
                $"The loaded libduckdb has the version '{Version}', and this binding is made for '{PinnedVersion}'. "
                + $"Build again to bring the right library, or check the folder that {NativeLibraries.FolderVariable} names.");

        var (early, late) = Split(settings ?? new Dictionary<string, string>());
        NativeMethods.duckdb_create_config(out var rawConfig);
        using var config = new ConfigHandle(rawConfig);
        foreach (var (name, value) in early)
        {
            if (NativeMethods.duckdb_set_config(config, name, value) != NativeState.Success)
                throw DuckException.From($"The engine does not take '{value}' for the setting '{name}'.", kind: DuckErrorKind.Settings);
        }

        if (NativeMethods.duckdb_open_ext(null, out var raw, config, out var error) != NativeState.Success)
            throw DuckException.From(NativeText.Take(error));

        var database = new DuckDatabase(new DatabaseHandle(raw));
        database.Set(late);
        return database;
    }

    /// <summary>Opens one more connection to this database.</summary>
    public DuckConnection Connect()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (NativeMethods.duckdb_connect(_handle, out var connection) != NativeState.Success)
            throw DuckException.From("The engine could not open one more connection to this database.", kind: DuckErrorKind.Connection);
        return new DuckConnection(new ConnectionHandle(connection, _handle));
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Tells the settings that the engine takes while it opens from those that it takes only afterwards.</summary>
    /// <remarks>
    /// An extension's setting, such as TimeZone, comes late: while opening, the engine would go looking for the extension elsewhere,
    /// although it is built in. A locked configuration takes no more settings, so that one is the last.
    /// </remarks>
    private static (List<KeyValuePair<string, string>> Early, List<KeyValuePair<string, string>> Late) Split(
        IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (name, value) in settings)
        {
            NativeText.WithoutNul(name, "A setting's name");
            NativeText.WithoutNul(value, $"The setting '{name}'");
        }

        var isEarly = settings.ToLookup(setting => BuiltIn.Value.Contains(setting.Key) && setting.Key != "lock_configuration");
        return ([.. isEarly[true]], [.. isEarly[false].OrderBy(setting => setting.Key == "lock_configuration")]);
    }

    private static FrozenSet<string> ReadBuiltIn()
    {
        var names = new HashSet<string>();
        for (nuint i = 0; i < NativeMethods.duckdb_config_count(); i++)
        {
            // The list ends with the settings of extensions, where the description is nothing but the extension's name.
            if (NativeMethods.duckdb_get_config_flag(i, out var name, out var about) == NativeState.Success
                && NativeText.Read(about) is { } description && description.Contains(' ', StringComparison.Ordinal))
                names.Add(NativeText.Read(name)!);
        }

        return names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    private void Set(List<KeyValuePair<string, string>> settings)
    {
        if (settings.Count == 0)
            return;

        try
        {
            using var connection = Connect();
            foreach (var (name, value) in settings)
                connection.Execute($"set global {DuckIdentifier.Quote(name)} = {DuckIdentifier.Literal(value)}");
        }
        catch (DuckException)
        {
            Dispose();
            throw;
        }
    }
}
