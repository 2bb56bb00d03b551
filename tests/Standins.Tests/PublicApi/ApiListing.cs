using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Platform.Standins.Tests.PublicApi;

// The public surface of an assembly, one line per type and member, in C# with short type names. Parameter names count:
// callers may name them. Nullability of references does not, nor do overrides, operators and attributes.
internal static class ApiListing
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetTypes().Where(IsVisible).SelectMany(Lines).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Lines(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
            return [$"delegate {Name(type.GetMethod("Invoke")!.ReturnType)} {FullName(type)}({Parameters(type.GetMethod("Invoke")!)})"];

        if (type.IsEnum)
            return [$"enum {FullName(type)}", .. Enum.GetNames(type).Select(name => $"{FullName(type)}.{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}")];

        return [$"{Kind(type)} {FullName(type)}{Bases(type)}", .. type.GetMembers(Declared).Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute), false)).Select(member => Line(type, member)).OfType<string>()];
    }

    private static string? Line(Type type, MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } constructor when IsVisible(constructor) => $"{FullName(type)}.{Bare(type)}({Parameters(constructor)})",
        MethodInfo { IsSpecialName: false } method when IsVisible(method) && !IsOverride(method) =>
            $"{Modifiers(type, method)}{Name(method.ReturnType)} {FullName(type)}.{method.Name}{Arguments(method)}({Parameters(method)})",
        PropertyInfo property when Accessor(property) is { } accessor && !IsOverride(accessor) =>
            $"{Modifiers(type, accessor)}{Name(property.PropertyType)} {FullName(type)}.{(property.GetIndexParameters().Length > 0 ? $"this[{Parameters(property.GetIndexParameters())}]" : property.Name)} {{ {Accessors(property)} }}",
        FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly =>
            $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)} {FullName(type)}.{field.Name}{(field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : "")}",
        EventInfo { AddMethod: { } add } @event when IsVisible(add) && !IsOverride(add) => $"{Modifiers(type, add)}event {Name(@event.EventHandlerType!)} {FullName(type)}.{@event.Name}",
        _ => null,
    };

    private static bool IsVisible(Type type) => type.IsNested
        ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!) && !type.IsDefined(typeof(CompilerGeneratedAttribute), false) && !type.Name.StartsWith('<')
        : type.IsPublic;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition() != method;

    private static MethodInfo? Accessor(PropertyInfo property) => new[] { property.GetMethod, property.SetMethod }.FirstOrDefault(accessor => accessor is not null && IsVisible(accessor));

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsVisible(getter) ? "get;" : "";
        if (property.SetMethod is not { } setter || !IsVisible(setter))
            return get;

        var set = setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;";
        return $"{get} {set}".Trim();
    }

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var direct = type.GetInterfaces().Except(inherited).Where(candidate => candidate.IsPublic).ToArray();
        var interfaces = direct.Where(candidate => !direct.Any(other => other.GetInterfaces().Contains(candidate))).Select(Name).Order(StringComparer.Ordinal);
        var bases = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? [Name(parent), .. interfaces] : interfaces.ToArray();
        return bases.Length == 0 ? "" : " : " + string.Join(", ", bases);
    }

    private static string Modifiers(Type type, MethodInfo method)
    {
        if (type.IsInterface)
            return "";

        return (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "")
            + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "");
    }

    private static string FullName(Type type) =>
        type.IsNested ? $"{FullName(type.DeclaringType!)}.{Name(type)}" : $"{type.Namespace}.{Name(type)}";

    private static string Bare(Type type) => type.Name.Split('`')[0];

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;

        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";

        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";

        if (type.IsByRef)
            return Name(type.GetElementType()!);

        // A nested type's arguments include those of the types around it.
        var outer = type.IsNested && !type.IsGenericParameter ? type.DeclaringType!.GetGenericArguments().Length : 0;
        var arguments = type.GetGenericArguments()[outer..];
        return arguments.Length == 0 ? Bare(type) : $"{Bare(type)}<{string.Join(", ", arguments.Select(Name))}>";
    }

    private static string Arguments(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute), false) ? "this " : "") + Parameters(method.GetParameters());

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
        $"{(parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : "")}{(parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "")}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue) : "")}"));

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
