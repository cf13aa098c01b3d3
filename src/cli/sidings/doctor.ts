import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { type Problem, SidingsError } from '../../model/problem.ts';
import type { State } from '../../model/workstream.ts';
import { commandRunner } from '../../tls/trust-stores/trust-store.ts';
import { printJson, printText } from '../report.ts';
import { table } from '../table.ts';
import { lookOnce } from './current-state.ts';
import { askDaemon } from './daemon-client.ts';
import { checks } from './doctor/checks.ts';
import { count, type Finding, findingsOf, type Level, type Scene } from './doctor/finding.ts';
import { becomeInvoker, type Invoker } from './invoker.ts';
import { rightsOf } from './rights.ts';
import { type SettingOptions, withRoots } from './setting-options.ts';
import { withUsableAddresses } from './start.ts';

/** For one check. A command that it runs has less. */
const limitMs = 30_000;
const commandMs = 10_000;

type Options = SettingOptions & { readonly json?: boolean };

/** `sidings doctor`: looks at everything that the rest relies on, changes nothing, and says what to do. Ends with 1 if something is wrong. */
export const doctor = async ({ json, ...flags }: Options): Promise<number> => {
  const invoker = becomeInvoker(process.env);
  const scene = await lookAround(await loadSettings({ flags, ...invoker?.identity }), invoker);
  const found = await Promise.all(
    checks.map(async (check) =>
      (await findingsOf(check, scene, limitMs)).map((finding) => ({ check: check.name, ...finding })),
    ),
  );
  const findings = found.flat();
  const isWrong = findings.some(({ level }) => level === 'error');
  if (json) printJson({ ok: !isWrong, findings });
  else printText(describe(findings));
  return isWrong ? 1 : 0;
};

/** Would make programs trust, or ask, others than the system does. */
const overrides = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'CURL_HOME', 'OPENSSL_CONF'];

const lookAround = async (settings: Settings, invoker: Invoker | undefined): Promise<Scene> => {
  const { machine } = rightsOf(invoker);
  const environment = Object.fromEntries(
    Object.entries(machine.environment).filter(([name]) => !overrides.includes(name)),
  );
  return {
    settings: withUsableAddresses(settings),
    machine: {
      ...machine,
      environment,
      run: commandRunner({ identity: invoker?.user, environment, timeoutMs: commandMs }),
    },
    bindsAsRoot: invoker !== undefined,
    ...(await lookAtWorkstreams(settings)),
  };
};

type Known = Pick<Scene, 'daemon' | 'refusal' | 'workstreams'>;

const lookAtWorkstreams = async (settings: Settings): Promise<Known> => {
  const [daemon, refusal] = await orProblem(() => askDaemon<State>('/api/workstreams', settings));
  if (daemon !== undefined) return { daemon, refusal, workstreams: daemon.workstreams };
  // Outside a copy there may be none to look for.
  const [seen] = await orProblem(async () => lookOnce(await withRoots(settings, process.cwd()), { readOnly: true }));
  return { daemon, refusal, workstreams: seen?.workstreams ?? [] };
};

const orProblem = async <Value>(
  work: () => Promise<Value>,
): Promise<readonly [Value | undefined, Problem | undefined]> => {
  try {
    return [await work(), undefined];
  } catch (error) {
    if (!(error instanceof SidingsError)) throw error;
    return [undefined, error.problem];
  }
};

const words: Readonly<Record<Level, string>> = { ok: 'ok', warning: 'warning', error: 'ERROR' };

const describe = (findings: readonly (Finding & { readonly check: string })[]): string => {
  // What several in a row say to do is said once.
  const rows = findings.flatMap(({ check, level, message, hint }, index) => [
    [words[level], check, message],
    ...(hint === undefined || findings[index + 1]?.hint === hint ? [] : [['', '', `  hint: ${hint}`]]),
  ]);
  const number = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  return `${table([], rows)}\n${count(number('error'), 'error')}, ${count(number('warning'), 'warning')}.\n`;
};
