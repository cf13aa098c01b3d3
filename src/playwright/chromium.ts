import type { Surroundings } from './surroundings.ts';

const resolverRules = '--host-resolver-rules=';
const trustedKeys = '--ignore-certificate-errors-spki-list=';

/**
 * Pure: the arguments of a Chromium with what it needs to open the addresses of a copy. `localhost` it resolves by itself. Of the
 * certificates that it would refuse it takes those with the keys that were shown for this copy: no others, not even another copy's.
 * It heeds the last argument of a kind only, so what is there already is made longer.
 */
export const chromiumArguments = (
  { suffixes, loopback, keys }: Pick<Surroundings, 'suffixes' | 'loopback' | 'keys'>,
  args: readonly string[] = [],
): readonly string[] => {
  const rules = suffixes
    .filter((suffix) => suffix !== 'localhost')
    .map((suffix) => `MAP *.${suffix} ${loopback.includes(':') ? `[${loopback}]` : loopback}`);
  return extend(extend(args, resolverRules, rules), trustedKeys, keys);
};

const extend = (args: readonly string[], name: string, values: readonly string[]): readonly string[] => {
  if (values.length === 0) return args;
  const before = args.findLast((arg) => arg.startsWith(name))?.slice(name.length);
  const all = [...(before ? before.split(',').map((value) => value.trim()) : []), ...values];
  return [...args.filter((arg) => !arg.startsWith(name)), name + [...new Set(all)].join(',')];
};
