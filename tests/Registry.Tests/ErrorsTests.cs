using System.Reflection;
using System.Text.RegularExpressions;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>Walks the table of codes: every one is well formed, and made by exactly one factory with words and a remedy.</summary>
public sealed class ErrorsTests
{
    private static readonly int[] Statuses = [400, 404, 409, 412, 413, 422, 428, 500, 503];

    public static TheoryData<string> Codes => [.. Errors.Table.Keys];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_code_is_snake_case_with_a_known_status_and_a_title(string code)
    {
        Assert.Matches(new Regex("^[a-z]+(_[a-z]+)*$"), code);
        var (status, title) = Errors.Table[code];
        Assert.Contains(status, Statuses);
        Assert.False(title.EndsWith('.') || title.Length == 0);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_code_has_one_factory_that_says_what_happened_and_what_to_do(string code)
    {
        var problem = Assert.Single(Made(), p => p.Code == code);
        Assert.Equal(Errors.Table[code].Status, problem.Status);
        Assert.EndsWith(".", problem.Detail);
        Assert.EndsWith(".", problem.Remedy);
    }

    [Fact]
    public void No_factory_makes_a_code_outside_the_table() => Assert.All(Made(), p => Assert.Contains(p.Code, Errors.Table.Keys));

    private static Problem[] Made() =>
    [
        .. typeof(Errors).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == typeof(ProblemException))
            .Select(method => ((ProblemException)method.Invoke(null, [.. method.GetParameters().Select(Sample)])!).Problem),
    ];

    private static object Sample(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(int) => 7,
        var type when type == typeof(long) => 7L,
        var type when type == typeof(Guid) => Guid.CreateVersion7(),
        var type when type == typeof(string) => "A sample.",
        var type when type == typeof(bool) => true,
        var type when type.IsAssignableFrom(typeof(List<string>)) => new List<string> { "a-sample" },
        _ => new List<FieldError> { new("name", "required", "It is required.") },
    };
}
