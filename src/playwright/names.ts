import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const addresses = new Map<string, string>();

/**
 * From now on, every name below these suffixes is this address in this process (RFC 6761 §6.3 for `localhost`): on many machines Node asks
 * a name server instead, which knows none of them. Playwright's `request`, `fetch` and everything else that Node connects ask here.
 */
export const mapNames = (suffixes: readonly string[], address: string): void => {
  const isFirst = addresses.size === 0;
  for (const suffix of suffixes) addresses.set(suffix, address);
  if (!isFirst) return;
  // An address in the place of the name is what they give back as it is, in the form that was asked for.
  dns.lookup = mapped(dns.lookup);
  dns.promises.lookup = mapped(dns.promises.lookup);
  syncBuiltinESMExports();
};

/** The address of a name below one of the suffixes; undefined for all others, `localhost` itself among them. */
const addressOf = (name: string): string | undefined => {
  const lower = name.toLowerCase().replace(/\.$/, '');
  for (const [suffix, address] of addresses) if (lower.endsWith(`.${suffix}`)) return address;
  return undefined;
};

/** The same function, and whatever else it carries. */
const mapped = <Lookup extends typeof dns.lookup | typeof dns.promises.lookup>(lookup: Lookup): Lookup =>
  new Proxy(lookup, {
    apply: (target, self, [name, ...rest]: unknown[]) =>
      Reflect.apply(target, self, [typeof name === 'string' ? (addressOf(name) ?? name) : name, ...rest]),
  });
