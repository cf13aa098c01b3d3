import { type Check, type Finding, ok, warn, wrong } from './finding.ts';

/** The last day of security fixes of each major version (nodejs/Release, schedule.json). */
const endOfLife: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};
/** What package.json asks for. */
const oldest = [20, 19] as const;
const dayMs = 24 * 60 * 60 * 1000;

/** Pure: what a version of Node such as `v20.19.0` means on a day. */
export const judgeNode = (version: string, now: number): Finding => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    return wrong(`Node ${version} is older than ${oldest.join('.')}.`, 'Install a newer Node.');
  const end = endOfLife[major];
  // A version that is newer than this table has its end before it.
  if (end === undefined || now < Date.parse(end) + dayMs) return ok(`Node ${version}`);
  return warn(`Node ${version} has had no security fixes since ${end}.`, 'Install a Node with long-term support.');
};

export const nodeCheck: Check = {
  name: 'node',
  look: async () => [judgeNode(process.version, Date.now())],
};
