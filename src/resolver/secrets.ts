const secretName = /TOKEN|SECRET|PASS(?:W|PHRASE|_|$)|_PWD|KEY|CREDENTIAL|PRIVATE/i;

/** Keywords of DSNs, queries and JSON that a secret follows. */
const secretKeyword =
  /((?:password|passwd|passphrase|pwd|secret|token|key|signature|authorization)["']?\s{0,8}[=:]\s{0,8})("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|["'][\s\S]*|[^\s;&,"'}]+)/gi;

/**
 * The value of a variable as it may be shown: passwords of URLs and DSNs are `***`, and so is the whole value of a variable whose name
 * says that it is a secret. Rather too much is hidden than too little.
 */
export const maskSecrets = (name: string, value: string): string =>
  secretName.test(name) && value !== '' ? '***' : maskUrls(value).replace(secretKeyword, '$1***');

/** `scheme://user:password@host`; a password may hold anything but white space, so it ends at the last `@`. */
const maskUrls = (value: string): string => {
  const [first = '', ...rest] = value.split('://');
  const masked = rest.map((part) => {
    const end = /\s/.exec(part)?.index ?? part.length;
    const at = part.lastIndexOf('@', end - 1);
    if (at <= 0) return part;
    const colon = part.indexOf(':');
    if (colon !== -1 && colon < at) return `${part.slice(0, colon)}:***${part.slice(at)}`;
    // A user without a password is a name; a long one is a token.
    return at > 24 ? `***${part.slice(at)}` : part;
  });
  return [first, ...masked].join('://');
};
