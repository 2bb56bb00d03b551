using System.Text;

namespace Platform.Oms.Reading;

/// <summary>The words of a command line, with a shell's quotes and backslashes, and nothing of a shell else: no variables, no patterns, no operators.</summary>
internal static class WordSplitter
{
    /// <summary>Null: a quote is open at the end.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var (words, word, quote) = (new List<string>(), (StringBuilder?)null, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && quote != '\'' && i + 1 < text.Length && (quote == '\0' || text[i + 1] is '"' or '\\' or '$' or '`'))
                (word ??= new()).Append(text[++i]);
            else if (quote == '\0' && (c is '"' or '\''))
                (quote, word) = (c, word ?? new());
            else if (c == quote && quote != '\0')
                quote = '\0';
            else if (quote != '\0' || !char.IsWhiteSpace(c))
                (word ??= new()).Append(c);
            else if (word is not null)
            {
                words.Add(word.ToString());
                word = null;
            }
        }

        if (word is not null) words.Add(word.ToString());
        return quote == '\0' ? words : null;
    }
}
