using System.Text.Json;

namespace Millrace.Lake.Delta;

internal static partial class LogActions
{
    /// <summary>Writes the <c>cdc</c> action of a change data file.</summary>
    public static void WriteChange(Utf8JsonWriter writer, DataFile file)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("cdc");
        writer.WriteString("path", file.Path);
        WriteMap(writer, "partitionValues", file.PartitionValues);
        writer.WriteNumber("size", file.Size);
        writer.WriteBoolean("dataChange", false);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
