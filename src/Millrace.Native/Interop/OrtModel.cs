using System.Collections.ObjectModel;
using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Reads what a session tells about its graph.</summary>
internal static unsafe class OrtModel
{
    public static OrtValueInfo[] Inputs(OrtSessionHandle session)
    {
        nuint count;
        OrtApi.Check(OrtApi.SessionGetInputCount(session.DangerousGetHandle(), &count));
        var inputs = new OrtValueInfo[(int)count];
        for (nuint i = 0; i < count; i++)
        {
            nint name, type;
            OrtApi.Check(OrtApi.SessionGetInputName(session.DangerousGetHandle(), i, &name));
            var text = OrtApi.Take(name);
            OrtApi.Check(OrtApi.SessionGetInputTypeInfo(session.DangerousGetHandle(), i, &type));
            inputs[i] = Take(text, type);
        }

        return inputs;
    }

    public static OrtValueInfo[] Outputs(OrtSessionHandle session)
    {
        nuint count;
        OrtApi.Check(OrtApi.SessionGetOutputCount(session.DangerousGetHandle(), &count));
        var outputs = new OrtValueInfo[(int)count];
        for (nuint i = 0; i < count; i++)
        {
            nint name, type;
            OrtApi.Check(OrtApi.SessionGetOutputName(session.DangerousGetHandle(), i, &name));
            var text = OrtApi.Take(name);
            OrtApi.Check(OrtApi.SessionGetOutputTypeInfo(session.DangerousGetHandle(), i, &type));
            outputs[i] = Take(text, type);
        }

        return outputs;
    }

    public static OrtMetadata Metadata(OrtSessionHandle session)
    {
        nint metadata, producer, graph, description;
        OrtApi.Check(OrtApi.SessionGetModelMetadata(session.DangerousGetHandle(), &metadata));
        try
        {
            long version;
            OrtApi.Check(OrtApi.ModelMetadataGetProducerName(metadata, &producer));
            OrtApi.Check(OrtApi.ModelMetadataGetGraphName(metadata, &graph));
            OrtApi.Check(OrtApi.ModelMetadataGetDescription(metadata, &description));
            OrtApi.Check(OrtApi.ModelMetadataGetVersion(metadata, &version));
            return new OrtMetadata(OrtApi.Take(producer), OrtApi.Take(graph), OrtApi.Take(description), version, Properties(metadata));
        }
        finally
        {
            OrtApi.ReleaseModelMetadata(metadata);
        }
    }

    /// <summary>Copies the names into C strings, the inputs' first.</summary>
    public static void KeepNames(OrtSessionHandle session, OrtValueInfo[] inputs, OrtValueInfo[] outputs)
    {
        session.Names = (nint*)NativeMemory.AllocZeroed((nuint)(inputs.Length + outputs.Length), (nuint)sizeof(nint));
        foreach (var value in (IEnumerable<OrtValueInfo>)[.. inputs, .. outputs])
            session.Names[session.NameCount++] = NativeText.Copy(value.Name);
    }

    public static long[] Shape(nint tensorInfo)
    {
        nuint rank;
        OrtApi.Check(OrtApi.GetDimensionsCount(tensorInfo, &rank));
        var sizes = new long[(int)rank];
        fixed (long* first = sizes)
            OrtApi.Check(OrtApi.GetDimensions(tensorInfo, first, rank));
        return sizes;
    }

    public static OrtElementType ElementType(nint tensorInfo)
    {
        int type;
        OrtApi.Check(OrtApi.GetTensorElementType(tensorInfo, &type));
        return (OrtElementType)type;
    }

    private static OrtValueInfo Take(string name, nint type)
    {
        try
        {
            int kind;
            nint tensor;
            OrtApi.Check(OrtApi.GetOnnxTypeFromTypeInfo(type, &kind));
            OrtApi.Check(OrtApi.CastTypeInfoToTensorInfo(type, &tensor));
            return tensor == 0
                ? new OrtValueInfo(name, (OrtValueKind)kind, OrtElementType.Undefined, [])
                : new OrtValueInfo(name, (OrtValueKind)kind, ElementType(tensor), Dimensions(tensor));
        }
        finally
        {
            OrtApi.ReleaseTypeInfo(type);
        }
    }

    private static ReadOnlyCollection<OrtDimension> Dimensions(nint tensorInfo)
    {
        var sizes = Shape(tensorInfo);
        var symbols = new nint[sizes.Length];
        fixed (nint* first = symbols)
            OrtApi.Check(OrtApi.GetSymbolicDimensions(tensorInfo, first, (nuint)symbols.Length));
        return Array.AsReadOnly([.. sizes.Select((size, i) => new OrtDimension(size, size < 0 ? NativeText.Read(symbols[i]) ?? "" : ""))]);
    }

    private static ReadOnlyDictionary<string, string> Properties(nint metadata)
    {
        nint* keys;
        long count;
        OrtApi.Check(OrtApi.ModelMetadataGetCustomMetadataMapKeys(metadata, &keys, &count));
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            nint value;
            OrtApi.Check(OrtApi.ModelMetadataLookupCustomMetadataMap(metadata, (byte*)keys[i], &value));
            properties[OrtApi.Take(keys[i])] = OrtApi.Take(value);
        }

        if (keys != null)
            OrtApi.Check(OrtApi.AllocatorFree((nint)keys));
        return properties.AsReadOnly();
    }
}
