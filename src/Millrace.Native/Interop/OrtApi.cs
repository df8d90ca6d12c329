namespace Millrace.Native.Interop;

/// <summary>ONNX Runtime's function table, its functions under their own names, and the one environment of the process.</summary>
/// <remarks>
/// The table only ever grows at its end, so that a function keeps its ordinal. Functions that return a status go through
/// <see cref="Check"/>, which gives the status back to the engine.
/// </remarks>
internal static unsafe class OrtApi
{
    public const string PinnedVersion = "1.30.0";

    private const uint TableVersion = 16;
    private const int LogFatal = 4;
    private const int DeviceAllocator = 0;
    private const int DefaultMemory = 0;

    private static readonly Lock Loading = new();
    private static volatile nint _table;
    private static nint _environment;
    private static nint _memory;
    private static nint _allocator;

    /// <summary>The version of the library that was loaded, such as <c>1.30.0</c>.</summary>
    public static string LibraryVersion => NativeText.Read(NativeMethods.OrtGetApiBase()->GetVersionString()) ?? "";

    /// <summary>Logging off (errors come as status), telemetry off. It lives as long as the process.</summary>
    public static nint Environment
    {
        get
        {
            _ = Table;
            return _environment;
        }
    }

    /// <summary>Plain memory of the process.</summary>
    public static nint Memory
    {
        get
        {
            _ = Table;
            return _memory;
        }
    }

    /// <summary>The allocator of names and of tensors that the engine makes.</summary>
    public static nint Allocator
    {
        get
        {
            _ = Table;
            return _allocator;
        }
    }

    private static nint* Table => (nint*)(_table != 0 ? _table : Load());

    /// <summary>Throws the error that a status tells, and gives the status back.</summary>
    /// <exception cref="OrtException">The status is not null, which means success.</exception>
    public static void Check(nint status)
    {
        if (status != 0)
            throw Error(Table, status);
    }

    public static nint CreateSessionFromArray(void* model, nuint length, nint options, nint* session) =>
        ((delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)Table[8])(Environment, model, length, options, session);

    public static nint Run(nint session, nint* inputNames, nint* inputs, nuint inputCount, nint* outputNames, nuint outputCount, nint* outputs) =>
        ((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)Table[9])(
            session, 0, inputNames, inputs, inputCount, outputNames, outputCount, outputs);

    public static nint CreateSessionOptions(nint* options) => ((delegate* unmanaged<nint*, nint>)Table[10])(options);

    public static nint DisableMemPattern(nint options) => ((delegate* unmanaged<nint, nint>)Table[17])(options);

    public static nint DisableCpuMemArena(nint options) => ((delegate* unmanaged<nint, nint>)Table[19])(options);

    public static nint SetIntraOpNumThreads(nint options, int threads) => ((delegate* unmanaged<nint, int, nint>)Table[24])(options, threads);

    public static nint SetInterOpNumThreads(nint options, int threads) => ((delegate* unmanaged<nint, int, nint>)Table[25])(options, threads);

    public static nint SessionGetInputCount(nint session, nuint* count) => ((delegate* unmanaged<nint, nuint*, nint>)Table[30])(session, count);

    public static nint SessionGetOutputCount(nint session, nuint* count) => ((delegate* unmanaged<nint, nuint*, nint>)Table[31])(session, count);

    public static nint SessionGetInputTypeInfo(nint session, nuint index, nint* info) =>
        ((delegate* unmanaged<nint, nuint, nint*, nint>)Table[33])(session, index, info);

    public static nint SessionGetOutputTypeInfo(nint session, nuint index, nint* info) =>
        ((delegate* unmanaged<nint, nuint, nint*, nint>)Table[34])(session, index, info);

    public static nint SessionGetInputName(nint session, nuint index, nint* name) =>
        ((delegate* unmanaged<nint, nuint, nint, nint*, nint>)Table[36])(session, index, Allocator, name);

    public static nint SessionGetOutputName(nint session, nuint index, nint* name) =>
        ((delegate* unmanaged<nint, nuint, nint, nint*, nint>)Table[37])(session, index, Allocator, name);

    public static nint CreateTensorAsOrtValue(long* shape, nuint rank, OrtElementType type, nint* value) =>
        ((delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)Table[48])(Allocator, shape, rank, (int)type, value);

    public static nint CreateTensorWithDataAsOrtValue(void* data, nuint bytes, long* shape, nuint rank, OrtElementType type, nint* value) =>
        ((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)Table[49])(Memory, data, bytes, shape, rank, (int)type, value);

    public static nint GetTensorMutableData(nint value, void** data) => ((delegate* unmanaged<nint, void**, nint>)Table[51])(value, data);

    public static nint FillStringTensor(nint value, byte** texts, nuint count) =>
        ((delegate* unmanaged<nint, byte**, nuint, nint>)Table[52])(value, texts, count);

    public static nint GetStringTensorDataLength(nint value, nuint* bytes) =>
        ((delegate* unmanaged<nint, nuint*, nint>)Table[53])(value, bytes);

    public static nint GetStringTensorContent(nint value, byte* texts, nuint bytes, nuint* offsets, nuint count) =>
        ((delegate* unmanaged<nint, byte*, nuint, nuint*, nuint, nint>)Table[54])(value, texts, bytes, offsets, count);

    /// <summary>The tensor's part of a type; null where the type is no tensor. It belongs to the type.</summary>
    public static nint CastTypeInfoToTensorInfo(nint info, nint* tensor) => ((delegate* unmanaged<nint, nint*, nint>)Table[55])(info, tensor);

    public static nint GetOnnxTypeFromTypeInfo(nint info, int* kind) => ((delegate* unmanaged<nint, int*, nint>)Table[56])(info, kind);

    public static nint GetTensorElementType(nint info, int* type) => ((delegate* unmanaged<nint, int*, nint>)Table[60])(info, type);

    public static nint GetDimensionsCount(nint info, nuint* rank) => ((delegate* unmanaged<nint, nuint*, nint>)Table[61])(info, rank);

    public static nint GetDimensions(nint info, long* sizes, nuint rank) =>
        ((delegate* unmanaged<nint, long*, nuint, nint>)Table[62])(info, sizes, rank);

    public static nint GetSymbolicDimensions(nint info, nint* names, nuint rank) =>
        ((delegate* unmanaged<nint, nint*, nuint, nint>)Table[63])(info, names, rank);

    public static nint GetTensorTypeAndShape(nint value, nint* info) => ((delegate* unmanaged<nint, nint*, nint>)Table[65])(value, info);

    public static nint AllocatorFree(nint memory) => ((delegate* unmanaged<nint, nint, nint>)Table[76])(Allocator, memory);

    public static void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)Table[95])(session);

    public static void ReleaseValue(nint value) => ((delegate* unmanaged<nint, void>)Table[96])(value);

    public static void ReleaseTypeInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[98])(info);

    public static void ReleaseTensorTypeAndShapeInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[99])(info);

    public static void ReleaseSessionOptions(nint options) => ((delegate* unmanaged<nint, void>)Table[100])(options);

    public static nint SessionGetModelMetadata(nint session, nint* metadata) =>
        ((delegate* unmanaged<nint, nint*, nint>)Table[111])(session, metadata);

    public static nint ModelMetadataGetProducerName(nint metadata, nint* text) =>
        ((delegate* unmanaged<nint, nint, nint*, nint>)Table[112])(metadata, Allocator, text);

    public static nint ModelMetadataGetGraphName(nint metadata, nint* text) =>
        ((delegate* unmanaged<nint, nint, nint*, nint>)Table[113])(metadata, Allocator, text);

    public static nint ModelMetadataGetDescription(nint metadata, nint* text) =>
        ((delegate* unmanaged<nint, nint, nint*, nint>)Table[115])(metadata, Allocator, text);

    public static nint ModelMetadataLookupCustomMetadataMap(nint metadata, byte* key, nint* text) =>
        ((delegate* unmanaged<nint, nint, byte*, nint*, nint>)Table[116])(metadata, Allocator, key, text);

    public static nint ModelMetadataGetVersion(nint metadata, long* version) =>
        ((delegate* unmanaged<nint, long*, nint>)Table[117])(metadata, version);

    public static void ReleaseModelMetadata(nint metadata) => ((delegate* unmanaged<nint, void>)Table[118])(metadata);

    public static nint ModelMetadataGetCustomMetadataMapKeys(nint metadata, nint** keys, long* count) =>
        ((delegate* unmanaged<nint, nint, nint**, long*, nint>)Table[123])(metadata, Allocator, keys, count);

    public static nint AddSessionConfigEntry(nint options, byte* key, byte* value) =>
        ((delegate* unmanaged<nint, byte*, byte*, nint>)Table[130])(options, key, value);

    /// <summary>Reads text that the engine's allocator made, and gives it back.</summary>
    public static string Take(nint text)
    {
        if (text == 0)
            return "";

        try
        {
            return NativeText.Read(text) ?? "";
        }
        finally
        {
            Check(AllocatorFree(text));
        }
    }

    private static OrtException Error(nint* table, nint status)
    {
        var code = (OrtErrorCode)((delegate* unmanaged<nint, int>)table[1])(status);
        var text = NativeText.Read(((delegate* unmanaged<nint, nint>)table[2])(status));
        ((delegate* unmanaged<nint, void>)table[93])(status);
        return new OrtException(code, text);
    }

    private static nint Load()
    {
        lock (Loading)
        {
            if (_table != 0)
                return _table;
            if (LibraryVersion != PinnedVersion)
                throw new InvalidOperationException(
                    $"The loaded ONNX Runtime has the version '{LibraryVersion}', and this binding is made for '{PinnedVersion}'. "
                    + $"Build again to bring the right library, or check the folder that {NativeLibraries.FolderVariable} names.");

            var table = NativeMethods.OrtGetApiBase()->GetApi(TableVersion);
            nint environment, memory, allocator;
            fixed (byte* id = "millrace"u8)
                Must(((delegate* unmanaged<int, byte*, nint*, nint>)table[3])(LogFatal, id, &environment));
            Must(((delegate* unmanaged<nint, nint>)table[6])(environment));
            Must(((delegate* unmanaged<int, int, nint*, nint>)table[69])(DeviceAllocator, DefaultMemory, &memory));
            Must(((delegate* unmanaged<nint*, nint>)table[78])(&allocator));
            (_environment, _memory, _allocator) = (environment, memory, allocator);

            // Written last: other threads look at it without the lock.
            _table = (nint)table;
            return _table;

            void Must(nint status)
            {
                if (status != 0)
                    throw Error(table, status);
            }
        }
    }
}
