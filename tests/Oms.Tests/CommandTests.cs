using System.Text.Json.Nodes;

namespace Platform.Oms.Tests;

public sealed class CommandTests
{
    [Theory]
    [InlineData("format: {command: [/app/count.sh]}", "/app/count.sh", null)]
    [InlineData("format: {command: [node, exec.js, 1, true]}", "node|exec.js|1|true", null)]
    [InlineData("format: {command: node exec.js}", "node|exec.js", null)]
    [InlineData("""format: {command: 'sh -c "echo a b" ""'}""", "sh|-c|echo a b|", null)]
    [InlineData("""format: {command: 'a\ b c\"d'}""", "a b|c\"d", null)]
    [InlineData("""format: {command: 'echo "open'}""", "echo|\"open", "open_quote")]
    [InlineData("format: {command: echo a && echo $HOME}", "echo|a|&&|echo|$HOME", "shell_syntax")]
    [InlineData("format: [a, '{x}']", "a|{x}", null)]
    [InlineData("format: languages list", "languages|list", "old_shape")]
    [InlineData("command: [a, b]", "a|b", "old_shape")]
    [InlineData("run: node app.js", "node|app.js", "old_shape")]
    [InlineData("run: {command: [node, app.js]}", "node|app.js", "old_shape")]
    public void A_command_is_a_list_of_words_or_a_line_of_them(string action, string words, string? warning)
    {
        var service = Sample.WithAction(action + "\narguments: {x: string}");

        Assert.Equal(words.Split('|'), Assert.IsType<OmsCommand>(service.Actions[0].Interface).Argv);
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service).Except(["old_shape"]).Concat(warning == "old_shape" ? ["old_shape"] : []));
        Assert.All(service.Actions[0].Arguments, a => Assert.Null(a.In));
    }

    [Theory]
    [InlineData("format: {command: []}")]
    [InlineData("format: {command: ['']}")]
    [InlineData("format: {command: '  '}")]
    [InlineData("format: {command: [a, [b]]}")]
    [InlineData("format: {command: [a, ~]}")]
    [InlineData("format: {command: {a: b}}")]
    [InlineData("format: {}")]
    [InlineData("format: ''")]
    [InlineData("format: {command: [\"a\\0b\"]}")]
    public void A_command_without_words_disables_its_action(string action) =>
        Assert.Contains("no command that could be run", Sample.Action(action).Unusable, StringComparison.Ordinal);

    [Theory]
    [InlineData("http: {method: get, port: 80, path: /}\nformat: {command: [a]}", "2 interfaces, http and format")]
    [InlineData("format: {command: [a]}\nrpc: {port: 1}", "2 interfaces, format and rpc")]
    [InlineData("format: {command: [a]}\ncommand: b", "2 interfaces, format and command")]
    [InlineData("help: none", "no interface")]
    [InlineData("run: {command: a, port: 80}", "starts a server")]
    public void An_action_has_one_interface(string action, string reason) =>
        Assert.Contains(reason, Sample.Action(action).Unusable, StringComparison.Ordinal);

    [Fact]
    public void The_arguments_are_one_word_more_and_none_where_none_are_declared()
    {
        var command = new OmsCommand(["count"]);

        Assert.Equal(["count", """{"word":"hé<\"","n":0}"""], CommandWords.Of(command, new JsonObject { ["word"] = "hé<\"", ["n"] = 0 }, declared: true));
        Assert.Equal(["count", "{}"], CommandWords.Of(command, [], declared: true));
        Assert.Equal(["count"], CommandWords.Of(command, [], declared: false));
    }

    [Fact]
    public void A_template_has_its_arguments_at_their_places()
    {
        var action = Sample.Action("format: one {a} --b={b} '{c} x' <json>\narguments: {a: string, b: int, c: any}");

        var command = Assert.IsType<OmsCommand>(action.Interface);
        Assert.Equal((true, 5), (command.Template, command.Argv.Count));
        Assert.Equal(["one", "it's", "--b=5", "[1] x", """{"a":"it's","b":5,"c":[1]}"""], CommandWords.Of(command, JsonNode.Parse("""{"a":"it's","b":5,"c":[1]}""")!.AsObject(), declared: true));
        Assert.Equal(["one", "--b=", " x", "{}"], CommandWords.Of(command, [], declared: true));
        Assert.Contains("{z}, and there is no such argument", Sample.Action("format: one {z}").Unusable, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_ends_with_json_is_a_command_like_others()
    {
        var command = Assert.IsType<OmsCommand>(Sample.Action("format: get <json>\narguments: {a: string}").Interface);

        Assert.Equal((false, "get"), (command.Template, Assert.Single(command.Argv)));
    }
}
