using Platform.Gateway.Tokens;

namespace Platform.Gateway.Tests;

public sealed class TokenTextTests
{
    [Fact]
    public void A_created_token_is_well_formed_and_every_one_is_another()
    {
        var tokens = Enumerable.Range(0, 200).Select(_ => TokenText.Create()).ToList();

        Assert.All(tokens, token => Assert.True(TokenText.IsWellFormed(token)));
        Assert.Equal(tokens.Count, tokens.Distinct().Count());
    }

    [Fact]
    public void A_change_of_any_one_character_shows()
    {
        var token = TokenText.Create();
        for (var i = 0; i < token.Length; i++)
        {
            var other = token[i] == 'x' ? 'y' : 'x';
            Assert.False(TokenText.IsWellFormed(token[..i] + other + token[(i + 1)..]), $"character {i}");
        }
    }

    [Fact]
    public void A_token_that_is_cut_off_or_longer_is_not_well_formed()
    {
        var token = TokenText.Create();

        Assert.False(TokenText.IsWellFormed(token[..^1]));
        Assert.False(TokenText.IsWellFormed(token + "0"));
        Assert.False(TokenText.IsWellFormed(""));
        Assert.False(TokenText.IsWellFormed(token.ToUpperInvariant()));
    }
}
