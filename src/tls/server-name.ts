/** Longest name in the DNS, written with dots. */
const maxLength = 253;
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const serverName = new RegExp(`^${label}(?:\\.${label})*$`, 'i');
const address = /^[0-9.]+$/;

/**
 * The name that a TLS client asks for, in lower case and without the final dot that some send, or undefined for what is no hostname:
 * it comes from anyone, and becomes a key and a part of a certificate.
 */
export const toServerName = (text: string): string | undefined => {
  const name = text.replace(/\.$/, '');
  return name.length <= maxLength && serverName.test(name) && !address.test(name) ? name.toLowerCase() : undefined;
};
