using Millrace.Assets;

namespace Millrace.Sources.Contract;

/// <summary>How values of one column become the type that the contract wants, as SQL over the raw value and its reading.</summary>
/// <remarks>
/// The engine rounds 1.5 to 2 for a BIGINT, cuts the time off a DATE and the zone off a TIMESTAMP without a word. So a value counts as read
/// only when it says exactly what was written.
/// </remarks>
internal abstract record ValueReading(ContractColumn Column)
{
    /// <summary>The reading of text in the written forms that lose nothing.</summary>
    public static ValueReading OfText(ContractColumn column, string decimalSeparator) =>
        column.Type == DataType.String ? new Plain(column) : new Text(column, decimalSeparator);

    /// <summary>The reading of values that have a type already; null when no value of that type can be one of the contract's.</summary>
    public static ValueReading? OfType(ContractColumn column, string type)
    {
        DataType from;
        try
        {
            from = DataType.Parse(type);
        }
        catch (FormatException)
        {
            return column.Type == DataType.String ? new Nested(column, type) : null;
        }

        if (type == "VARCHAR" || from == DataType.String)
            return column.Type == DataType.String ? new Converted(column, type) : new Text(column, ".");
        if (from == column.Type)
            return type == column.Type.Sql ? new Plain(column) : new Converted(column, type);
        if (column.Type == DataType.String)
            return from.IsNested ? new Nested(column, type) : new Converted(column, type);
        var canHold = (from.IsNumeric && column.Type.IsNumeric)
            || (from == DataType.Date && column.Type == DataType.TimestampNtz)
            || (from == DataType.TimestampNtz && column.Type == DataType.Date);
        return canHold ? new Converted(column, type) : null;
    }

    /// <summary>True when the reader of a text file may convert the value itself: it does so exactly, or ends in an error.</summary>
    public virtual bool IsDirect => false;

    /// <summary>True when a value can fail to fit.</summary>
    public virtual bool CanFail => true;

    /// <summary>The raw value cast to the contract's type; with <paramref name="isTry"/> NULL where that cannot be, else an error.</summary>
    public abstract string Cast(string raw, bool isTry);

    /// <summary>True or false, never NULL: the reading says what the raw value says.</summary>
    public abstract string Fits(string raw, string reading);

    /// <summary>The reading, or the error with this text at a value that does not fit.</summary>
    public abstract string Fast(string raw, string reading, string error);

    /// <summary>Why a raw value does not fit.</summary>
    public virtual string Reason(string raw) =>
        $"{SqlName.Text(Column.Name + " holds '")} || {raw}::VARCHAR || {SqlName.Text($"', which is no {Column.Type.Sql}{(Column.Format is { } f ? $" written as {f}" : "")}")}";

    /// <summary>The value as it is.</summary>
    private sealed record Plain(ContractColumn Column) : ValueReading(Column)
    {
        public override bool IsDirect => true;

        public override bool CanFail => false;

        public override string Cast(string raw, bool isTry) => raw;

        public override string Fits(string raw, string reading) => "true";

        public override string Fast(string raw, string reading, string error) => reading;
    }

    /// <summary>A value without a stored type of its own, kept as JSON text.</summary>
    private sealed record Nested(ContractColumn Column, string Type) : ValueReading(Column)
    {
        public override bool CanFail => false;

        public override string Cast(string raw, bool isTry) =>
            Type.EndsWith(']') || Type.Contains('(', StringComparison.Ordinal) ? $"to_json({raw})::VARCHAR" : $"{raw}::VARCHAR";

        public override string Fits(string raw, string reading) => "true";

        public override string Fast(string raw, string reading, string error) => reading;
    }

    /// <summary>A value that is read when casting it back gives it again.</summary>
    private sealed record Converted(ContractColumn Column, string Type) : ValueReading(Column)
    {
        public override string Cast(string raw, bool isTry) => $"{(isTry ? "TRY_CAST" : "CAST")}({raw} AS {Column.Type.Sql})";

        public override string Fits(string raw, string reading) =>
            $"({raw} IS NULL OR coalesce(TRY_CAST({reading} AS {Type}) = {raw}{(Column.Type.IsTime ? " AND " + InCalendar(reading) : "")}, false))";

        public override string Fast(string raw, string reading, string error) =>
            $"CASE WHEN {raw} IS NULL THEN NULL WHEN {Fits(raw, reading)} THEN {reading} ELSE CAST(error({SqlName.Text(error)}) AS {Column.Type.Sql}) END";
    }

    /// <summary>Written text.</summary>
    private sealed record Text(ContractColumn Column, string DecimalSeparator) : ValueReading(Column)
    {
        public override bool IsDirect => !IsGuarded;

        public override string Cast(string raw, bool isTry)
        {
            // The reader's decimal separator does not reach a value that is read as text. A point is no part of a number then.
            var plain = HasComma ? $"replace(replace({raw}, '.', '?'), ',', '.')" : raw;
            return Column.Format is { } format
                ? $"{(isTry ? "try_strptime" : "strptime")}({raw}, {SqlName.Text(format)})::{Column.Type.Sql}"
                : $"{(isTry ? "TRY_CAST" : "CAST")}({plain} AS {Column.Type.Sql})";
        }

        public override string Fits(string raw, string reading) => this switch
        {
            { IsGuarded: false } => $"({raw} IS NULL OR {reading} IS NOT NULL)",
            { Column.Format: not null } => $"({raw} IS NULL OR coalesce({InCalendar(reading)}, false))",
            _ => $"({raw} IS NULL OR coalesce({Same(raw, reading)}, false) OR coalesce({reading} IS NOT NULL AND {Faithful(raw, reading)}, false))",
        };

        public override string Fast(string raw, string reading, string error)
        {
            if (!IsGuarded)
                return reading;
            var says = Column.Format is not null ? [InCalendar(reading)] : new[] { Same(raw, reading), Faithful(raw, reading) };
            return $"CASE {string.Join(" ", says.Select(s => $"WHEN {s} THEN {reading}"))} WHEN {raw} IS NULL THEN NULL ELSE CAST(error({SqlName.Text(error)}) AS {Column.Type.Sql}) END";
        }

        /// <summary>Types whose cast could change a value in silence.</summary>
        private bool IsGuarded => Column.Format is not null || Column.Type.IsTime || Column.Type.IsDecimal
            || Column.Type == DataType.Byte || Column.Type == DataType.Short || Column.Type == DataType.Integer || Column.Type == DataType.Long;

        private bool HasComma => DecimalSeparator == "," && (Column.Type.IsDecimal || Column.Type == DataType.Double || Column.Type == DataType.Float);

        /// <summary>The engine writes the value as it stood there: the cheap answer for nearly all.</summary>
        private string Same(string raw, string reading) =>
            HasComma ? "false" : $"({reading}::VARCHAR = {raw}{(Column.Type.IsTime ? " AND " + InCalendar(reading) : "")})";

        /// <summary>The written forms of a type that lose nothing when they are cast.</summary>
        private string Faithful(string raw, string reading)
        {
            const string Day = @"\d{4}-\d{1,2}-\d{1,2}";
            const string Clock = @"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?";
            var form = Column.Type switch
            {
                { } t when t == DataType.Date => Day,
                { } t when t == DataType.TimestampNtz => $"{Day}([ T]{Clock})?",
                { } t when t == DataType.Timestamp => $@"{Day}([ T]{Clock} ?(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?",
                { IsDecimal: true } t => $@"[+-]?\d*({(HasComma ? "," : @"\.")}\d{{0,{t.Sql[(t.Sql.IndexOf(',', StringComparison.Ordinal) + 1)..^1]}}}0*)?",
                _ => @"[+-]?\d+",
            };
            return $"(regexp_full_match({raw}, {SqlName.Text($@"\s*{form}\s*")}){(Column.Type.IsTime ? " AND " + InCalendar(reading) : "")})";
        }
    }

    /// <summary>Infinity and years outside of 1 to 9999, which the engine takes, are no time that other readers know.</summary>
    private static string InCalendar(string reading) => $"year({reading}) BETWEEN 1 AND 9999";
}
