using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Millrace.Tests;

/// <summary>Reads the built program: an arrow from a room to a room below it fails here.</summary>
public sealed class ArchitectureTests
{
    /// <summary>The rooms in the order of the map; each may use those before it. The root namespace is free for all.</summary>
    private static readonly string[] Rooms =
    [
        "Assets", "Statistics", "Sql", "Ledger", "Plans", "Runs", "Lake",
        "Checks", "Sources", "Transforms", "Delivery", "Tracking", "Scoring", "Training", "Registry",
        "Governance", "Serving", "Monitoring", "Automation", "Project",
    ];

    [Fact]
    public void No_room_uses_a_room_below_it()
    {
        using var module = ModuleDefinition.ReadModule(typeof(Millrace.Assets.AssetKey).Assembly.Location);
        var offences = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in module.GetTypes())
        {
            foreach (var used in Used(type))
            {
                if (Room(used) is { } below && Room(type) is { } room && Array.IndexOf(Rooms, below) > Array.IndexOf(Rooms, room))
                    offences.Add($"{type.FullName} uses {used.FullName}: {room} -> {below}");
            }
        }

        Assert.True(offences.Count == 0, "Arrows that point down:\n" + string.Join("\n", offences));
    }

    [Fact]
    public void Every_room_stands_in_the_order()
    {
        using var module = ModuleDefinition.ReadModule(typeof(Millrace.Assets.AssetKey).Assembly.Location);
        var rooms = module.GetTypes().Select(Room).OfType<string>().Distinct().ToList();
        Assert.Empty(rooms.Except(Rooms));
        Assert.Equal(Rooms.Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_use_inside_a_body_a_field_a_generic_argument_or_an_attribute_is_seen()
    {
        using var module = ModuleDefinition.ReadModule(typeof(ArchitectureTests).Assembly.Location);
        var probe = module.GetTypes().Single(t => t.Name == nameof(Probe));
        var used = Used(probe).Select(t => t.FullName).ToHashSet();
        Assert.Contains("System.Text.StringBuilder", used);
        Assert.Contains("System.Version", used);
        Assert.Contains("System.Uri", used);
        Assert.Contains("System.ObsoleteAttribute", used);
        Assert.Contains("System.TimeZoneInfo", used);
    }

    [Theory]
    [InlineData("System.Console")]
    [InlineData("Microsoft.AspNetCore")]
    public void The_engine_knows_no_console_and_no_web_server(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(typeof(Millrace.Assets.AssetKey).Assembly.Location);
        Assert.DoesNotContain(module.AssemblyReferences, r => r.Name.StartsWith(assembly, StringComparison.Ordinal));
        Assert.DoesNotContain(module.GetTypeReferences(), t => t.FullName.StartsWith(assembly, StringComparison.Ordinal));
    }

    [Fact]
    public void The_server_uses_the_engine_and_never_its_bindings()
    {
        using var module = ModuleDefinition.ReadModule(typeof(Millrace.Server.MillraceServer).Assembly.Location);
        Assert.Equal(["Millrace"], module.AssemblyReferences.Select(r => r.Name).Where(n => n.StartsWith("Millrace", StringComparison.Ordinal)));
        Assert.DoesNotContain(module.AssemblyReferences, r => r.Name == "System.Console");
    }

    [Fact]
    public void The_bindings_know_nothing_of_us()
    {
        using var module = ModuleDefinition.ReadModule(typeof(Millrace.Native.DuckDatabase).Assembly.Location);
        Assert.DoesNotContain(module.AssemblyReferences, r => r.Name.StartsWith("Millrace", StringComparison.Ordinal));
        Assert.DoesNotContain(module.AssemblyReferences, r => r.Name == "System.Console");
    }

    /// <summary>The room of a type: the second part of its namespace. A nested type lives where its outermost does.</summary>
    private static string? Room(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        var parts = type.Namespace.Split('.');
        return parts.Length > 1 && parts[0] == "Millrace" && parts[1] != "Native" ? parts[1] : null;
    }

    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        var all = new List<TypeReference?> { type.BaseType };
        all.AddRange(type.Interfaces.Select(i => i.InterfaceType));
        all.AddRange(OfParameters(type));
        all.AddRange(OfAttributes(type));
        foreach (var field in type.Fields)
            all.AddRange([field.FieldType, .. OfAttributes(field)]);
        foreach (var property in type.Properties)
            all.AddRange([property.PropertyType, .. OfAttributes(property)]);
        foreach (var happening in type.Events)
            all.AddRange([happening.EventType, .. OfAttributes(happening)]);
        foreach (var method in type.Methods)
            all.AddRange(OfMethod(method));
        return all.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference?> OfMethod(MethodDefinition method)
    {
        IEnumerable<TypeReference?> used =
            [.. OfReference(method), .. OfParameters(method), .. OfAttributes(method), .. OfAttributes(method.MethodReturnType), .. method.Parameters.SelectMany(OfAttributes)];
        if (!method.HasBody)
            return used;
        return
        [
            .. used,
            .. method.Body.Variables.Select(v => v.VariableType),
            .. method.Body.ExceptionHandlers.Select(h => h.CatchType),
            .. method.Body.Instructions.SelectMany(OfInstruction),
        ];
    }

    private static IEnumerable<TypeReference?> OfInstruction(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method => OfReference(method),
        CallSite site => [site.ReturnType, .. site.Parameters.Select(p => p.ParameterType)],
        _ => [],
    };

    private static IEnumerable<TypeReference?> OfReference(MethodReference method) =>
    [
        method.DeclaringType, method.ReturnType, .. method.Parameters.Select(p => p.ParameterType),
        .. (method as GenericInstanceMethod)?.GenericArguments ?? [],
    ];

    private static IEnumerable<TypeReference?> OfParameters(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(p => p.Constraints.Select(c => c.ConstraintType));

    private static IEnumerable<TypeReference?> OfAttributes(ICustomAttributeProvider provider) => provider.CustomAttributes.SelectMany(a =>
        new TypeReference?[] { a.AttributeType }
            .Concat(a.ConstructorArguments.Concat(a.Properties.Select(p => p.Argument)).Concat(a.Fields.Select(f => f.Argument))
                .SelectMany(v => new[] { v.Type, v.Value as TypeReference })));

    /// <summary>The type with what it is made of: elements of arrays, arguments of generics, the types around it.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type)
    {
        if (type is GenericInstanceType generic)
        {
            foreach (var part in generic.GenericArguments.SelectMany(Parts))
                yield return part;
        }

        if (type is FunctionPointerType pointer)
        {
            foreach (var part in pointer.Parameters.Select(p => p.ParameterType).Append(pointer.ReturnType).SelectMany(Parts))
                yield return part;
        }

        if (type is TypeSpecification { ElementType: { } element })
        {
            foreach (var part in Parts(element))
                yield return part;
        }
        else if (type is not GenericParameter)
        {
            yield return type;
        }
    }

    private sealed class Probe
    {
        private readonly List<Version[]> _field = [];

        [Obsolete("It stands here to be found.")]
        public Func<Uri, int>? Signature { get; set; }

        public string Body() => new System.Text.StringBuilder().Append(_field.Count).Append(typeof(TimeZoneInfo)).ToString();
    }
}
