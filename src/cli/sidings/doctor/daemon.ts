import type { ProxyAddress } from '../../../model/address.ts';
import { problem } from '../../../model/problem.ts';
import type { State } from '../../../model/workstream.ts';
import { isSidings } from '../daemon-client.ts';
import { type Check, count, type Finding, list, ofProblem, ok, warn, wrong } from './finding.ts';
import { proxyAddresses, reachable } from './proxy-addresses.ts';

/** Whether a daemon answers in every way that it should, and what it says of the workstreams. */
export const daemonCheck: Check = {
  name: 'daemon',
  look: async ({ settings, daemon, refusal }) => {
    if (refusal !== undefined) return [ofProblem(refusal)];
    if (daemon === undefined) {
      const { message, hint } = problem('daemon-unreachable', { port: settings.httpPort });
      return [warn(message, hint)];
    }
    const findings = await Promise.all(
      proxyAddresses(settings).map((proxy) => lookAtProxy(proxy, settings.bind.map(reachable))),
    );
    return [...findings, ...judgeState(daemon)];
  },
};

const lookAtProxy = async (proxy: ProxyAddress, addresses: readonly string[]): Promise<Finding> => {
  const answers = await Promise.all(addresses.map((address) => isSidings(address, proxy)));
  const silent = addresses.filter((_, index) => !answers[index]);
  const how = `${proxy.scheme === 'http' ? 'in clear text' : 'with TLS'} on port ${proxy.port}`;
  if (silent.length === 0) return ok(`sidings answers ${how} of ${list(addresses)}.`);
  const hint = 'It was started with other settings: see `sidings config`, and start it again.';
  if (silent.length === addresses.length) return wrong(`sidings runs, but does not answer ${how}.`, hint);
  return warn(`sidings does not answer ${how} of ${list(silent)}, which browsers may try first.`, hint);
};

/** Pure: what a daemon says is wrong, in short. */
export const judgeState = ({ problems, workstreams }: Pick<State, 'problems' | 'workstreams'>): readonly Finding[] => {
  const all = [...problems, ...workstreams.flatMap((workstream) => workstream.problems)];
  if (all.length === 0) return [ok(`Nothing is wrong with ${count(workstreams.length, 'workstream')}.`)];
  const message = `sidings reports ${count(all.length, 'problem')}.`;
  const isWrong = all.some(({ severity }) => severity === 'error');
  return [(isWrong ? wrong : warn)(message, 'Run: sidings check')];
};
