using System.Collections.Frozen;

namespace Millrace.Sql;

/// <summary>Which of the engine's functions an asset's SQL may not use, and what some functions mean for rows.</summary>
/// <remarks>
/// Table functions are refused unless they are listed; scalar functions are allowed unless they are listed. Tests hold the lists
/// against the engine's own.
/// </remarks>
internal static class SqlRules
{
    /// <summary>Functions that fold many rows into one; exactly the engine's aggregates that are not only window functions.</summary>
    public static readonly FrozenSet<string> Aggregates = FrozenSet.ToFrozenSet(
        [
            "any_value", "approx_count_distinct", "approx_quantile", "approx_top_k", "arbitrary", "arg_max", "arg_max_null",
            "arg_max_nulls_last", "arg_min", "arg_min_null", "arg_min_nulls_last", "argmax", "argmin", "array_agg", "avg", "bit_and",
            "bit_or", "bit_xor", "bitstring_agg", "bool_and", "bool_or", "corr", "count", "count_if", "count_star", "countif",
            "covar_pop", "covar_samp", "entropy", "favg", "first", "fsum", "geomean", "geometric_mean", "group_concat", "histogram",
            "histogram_exact", "kahan_sum", "kurtosis", "kurtosis_pop", "last", "list", "listagg", "mad", "max", "max_by", "mean",
            "median", "min", "min_by", "mode", "product", "quantile", "quantile_cont", "quantile_disc", "regr_avgx", "regr_avgy",
            "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "reservoir_quantile", "sem",
            "skewness", "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "sum_no_overflow", "sumkahan", "var_pop",
            "var_samp", "variance", "wavg", "weighted_avg",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Functions that turn one row of a projection into many.</summary>
    public static readonly FrozenSet<string> Unnesting = FrozenSet.ToFrozenSet(
        ["unnest", "unlist", "generate_subscripts", "regexp_split_to_table"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Functions whose arrows are lambdas; elsewhere <c>a -> b</c> reads JSON.</summary>
    public static readonly FrozenSet<string> WithLambda = FrozenSet.ToFrozenSet(
        [
            "list_transform", "list_apply", "array_transform", "array_apply", "apply", "list_filter", "array_filter", "filter",
            "list_reduce", "array_reduce", "reduce",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Clock = FrozenSet.ToFrozenSet(
        [
            "now", "today", "get_current_timestamp", "get_current_time", "transaction_timestamp", "current_timestamp", "current_date",
            "current_time", "localtimestamp", "localtime", "current_localtimestamp", "current_localtime", "ago",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> ClockWords = FrozenSet.ToFrozenSet(
        ["current_timestamp", "current_date", "current_time", "localtimestamp", "localtime"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Chance = FrozenSet.ToFrozenSet(
        ["random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Session = FrozenSet.ToFrozenSet(
        [
            "nextval", "currval", "getvariable", "getenv", "current_setting", "current_query", "current_query_id",
            "current_connection_id", "current_transaction_id", "txid_current", "write_log", "sleep_ms", "stats", "which_secret",
            "pg_conf_load_time", "pg_postmaster_start_time",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> PureTableFunctions = FrozenSet.ToFrozenSet(
        ["range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"], StringComparer.OrdinalIgnoreCase);

    private static readonly string[] FileEndings =
        [
            ".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".gz", ".zst", ".xlsx", ".txt", ".avro", ".arrow", ".orc",
            ".duckdb", ".db",
        ];

    public static bool IsClockWord(string name) => ClockWords.Contains(name);

    public static bool IsPureTableFunction(string name) => PureTableFunctions.Contains(name);

    public static bool IsSystemSchema(string schema) =>
        schema.Same("information_schema") || schema.Same("pg_catalog");

    /// <summary>The name of a relation as the graph has it: lower case, the parts that are given joined by dots.</summary>
    public static string Relation(string catalog, string schema, string name) =>
        (catalog.Length > 0 ? $"{catalog}.{schema}.{name}" : schema.Length > 0 ? $"{schema}.{name}" : name).ToLowerInvariant();

    /// <summary>A name of a table that the engine would open as a file.</summary>
    public static bool IsFile(string table) =>
        table.AsSpan().ContainsAny('/', '\\', '*') || FileEndings.Any(e => table.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    public static string ClockMessage(string name) =>
        $"'{name}' gives another value at each run, so that no run could be repeated. Use the variables @as_of, @start or @end.";

    /// <summary>Reports what is wrong with a scalar function or aggregate, if anything is.</summary>
    public static void Function(string name, Action<string, string> report)
    {
        if (Clock.Contains(name))
            report("sql-volatile", ClockMessage(name + "()"));
        else if (Chance.Contains(name))
        {
            report(
                "sql-volatile",
                $"'{name}()' gives another value at each run, so that no run could be repeated. Use a hash of a key, "
                + "for example 'hash(id) % 100 < 10' or 'md5(id::VARCHAR)'.");
        }
        else if (Session.Contains(name))
        {
            report(
                "sql-session",
                $"'{name}()' reads the session or the machine, which is not part of the project. Use a variable of the project, '@name'.");
        }
        else if (IsReader(name))
            report("sql-reads-file", $"'{name}()' reads outside the project. Declare a source, and read the source by its name.");
    }

    /// <summary>Reports why a table function may not be used.</summary>
    public static void TableFunction(string name, Action<string, string> report)
    {
        if (name is "query" or "query_table")
            report("sql-dynamic", $"'{name}()' hides which relations are read. Name them in FROM.");
        else if (IsReader(name))
            report("sql-reads-file", $"'{name}()' reads outside the project. Declare a source, and read the source by its name.");
        else
        {
            var allowed = string.Join(", ", PureTableFunctions.Order(StringComparer.Ordinal));
            report("sql-table-function", $"The table function '{name}()' is not allowed in an asset. Allowed are: {allowed}.");
        }
    }

    private static bool IsReader(string name) =>
        name.StartsWith("read_", StringComparison.Ordinal) || name.StartsWith("parquet_", StringComparison.Ordinal)
        || name is "glob" or "sniff_csv" or "arrow_scan" or "seq_scan" or "json_execute_serialized_sql";
}
