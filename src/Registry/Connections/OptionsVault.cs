using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Platform.Registry.Connections;

/// <summary>
/// Encrypts the options of connections. Every connection has a purpose of its own, so a ciphertext copied to another row doesn't open there.
/// </summary>
internal sealed class OptionsVault(IDataProtectionProvider provider)
{
    private const string Purpose = "Platform.Registry.Connection.Options.v1";

    public byte[] Protect(Guid connection, ReadOnlySpan<byte> options) => For(connection).Protect(options.ToArray());

    /// <exception cref="CryptographicException">No key at hand opens it.</exception>
    public byte[] Unprotect(Guid connection, byte[] ciphertext) => For(connection).Unprotect(ciphertext);

    /// <summary>The options as text.</summary>
    /// <param name="name">The connection's, for the error.</param>
    /// <exception cref="ServiceDefaults.ProblemException">500 <c>options_unreadable</c>.</exception>
    public string Read(Guid connection, string name, byte[] ciphertext)
    {
        try
        {
            return Encoding.UTF8.GetString(Unprotect(connection, ciphertext));
        }
        catch (CryptographicException)
        {
            throw Errors.OptionsUnreadable(name);
        }
    }

    private IDataProtector For(Guid connection) => provider.CreateProtector(Purpose, connection.ToString("D"));
}
