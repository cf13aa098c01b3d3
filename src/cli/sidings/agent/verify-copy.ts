import { dirname } from 'node:path';
import type { Settings } from '../../../config/settings.ts';
import { verifiedFile } from '../../../feedback/service-log.ts';
import { type Problem, SidingsError, warning } from '../../../model/problem.ts';
import type { RequestSummary } from '../../../model/requests.ts';
import type { Workstream } from '../../../model/workstream.ts';
import { findCopy } from '../../../resolver/find-copy.ts';
import { makeFolder } from '../../../resolver/make-folder.ts';
import { readRegularFile, reasonOf } from '../../../resolver/regular-file.ts';
import { writeWhole } from '../../../resolver/whole-file.ts';
import { exitCodeOf } from '../../report.ts';
import { inspect } from '../../stack-env/inspect.ts';
import { inspectCompose } from '../../stack-env/inspect-compose.ts';
import { askDaemon, queryOf } from '../daemon-client.ts';
import { serviceOf } from '../lookup.ts';
import { healthOf } from './wait-until-ready.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface Verification {
  readonly name: string;
  readonly directory: string;
  readonly ok: boolean;
  /** 0, 1, or 3 where a guard rejects. */
  readonly exit: number;
  readonly checks: readonly Check[];
  /** What the guards say, and what is wrong with the workstream. */
  readonly problems: readonly Problem[];
  /** Requests that were answered with 5xx since the verification before, the newest first. */
  readonly failures: readonly RequestSummary[];
  /** When that was, in milliseconds since 1970; undefined for the first one. */
  readonly since?: number;
}

export interface VerifyOptions {
  readonly directory: string;
  /** Those that have to be up; empty: all of them. */
  readonly services: readonly string[];
  readonly settings: Settings;
}

/**
 * Looks whether a copy works: guards, services, its own database, and that no request failed since the last time. It remembers when that
 * was. Errors: `project-not-found`, `service-unknown`.
 */
export const verifyCopy = async ({ directory, services, settings }: VerifyOptions): Promise<Verification> => {
  const copy = await findCopy(directory);
  const inspected = await inspect({ dir: directory, settings });
  const guarded = [...inspected.problems, ...(await inspectCompose(inspected))];
  const rejected = guarded.filter(({ severity }) => severity === 'error');
  const guards: Check = {
    name: 'guards',
    ok: rejected.length === 0,
    detail: rejected[0]?.message ?? 'nothing here belongs to another copy',
  };

  const workstream = await known(copy, settings);
  const name = inspected.copy.name;
  if (typeof workstream === 'string') {
    const checks = [guards, { name: 'proxy', ok: false, detail: workstream }];
    const exit = exitCodeOf(guarded) || 1;
    return { name, directory: copy, ok: false, exit, checks, problems: guarded, failures: [] };
  }

  const wanted = services.length === 0 ? workstream.services : services.map((one) => serviceOf(workstream, one));
  const health = await healthOf(workstream, settings);
  const serving = wanted.map((service): Check => {
    const found = health?.services.find((one) => one.name === service.name);
    return { name: service.name, ok: found?.healthy === true, detail: found?.detail ?? service.state };
  });
  const own = workstream.problems.filter(({ severity }) => severity === 'error');
  const problems = [...new Map([...guarded, ...own].map((one) => [one.message, one])).values()];
  const state: Check = {
    name: 'workstream',
    ok: own.length === 0,
    detail: own[0]?.message ?? 'no problem is known of it',
  };

  const file = verifiedFile(settings.stateDirectory, copy);
  const since = await readMoment(file);
  const now = Date.now();
  const failures = await failuresSince(workstream.name, since, settings);
  const [newest] = failures;
  const requests: Check = {
    name: 'requests',
    ok: newest === undefined,
    detail:
      newest === undefined
        ? `none failed ${since === undefined ? 'so far' : 'since the last verify'}`
        : `${failures.length < mostFailures ? failures.length : `${mostFailures} or more`} failed ${since === undefined ? 'so far' : 'since the last verify'}; the last: ` +
          `${newest.method} ${newest.path} of ${newest.service ?? newest.host} answered ${newest.status}`,
  };
  const unwritten = await writeMoment(file, now);

  const checks = [guards, ...serving, state, requests];
  const ok = checks.every((check) => check.ok);
  const exit = exitCodeOf(guarded) || (ok ? 0 : 1);
  const all = unwritten === undefined ? problems : [...problems, unwritten];
  return { name, directory: copy, ok, exit, checks, problems: all, failures, ...(since !== undefined && { since }) };
};

/** The workstream of a copy, or why the proxy does not know it. */
const known = async (copy: string, settings: Settings): Promise<Workstream | string> => {
  try {
    const found = await askDaemon<Workstream>(`/api/lookup?directory=${encodeURIComponent(copy)}`, settings);
    if (found === undefined) return `no sidings answers on port ${settings.httpPort}: start it with \`sidings start\``;
    return found.directory === copy ? found : `the sidings on port ${settings.httpPort} does not know this copy`;
  } catch (error) {
    if (error instanceof SidingsError) return `${error.message} ${error.hint}`;
    throw error;
  }
};

const mostFailures = 50;

const failuresSince = async (
  workstream: string,
  since: number | undefined,
  settings: Settings,
): Promise<readonly RequestSummary[]> => {
  const query = queryOf({ workstream, status: '5xx', limit: mostFailures, since });
  const answer = await askDaemon<{ readonly requests: readonly RequestSummary[] }>(`/api/requests${query}`, settings);
  return answer?.requests ?? [];
};

const readMoment = async (file: string): Promise<number | undefined> => {
  const text = await readRegularFile(file).catch(() => '');
  return /^\d{13}\n$/.test(text) ? Number(text) : undefined;
};

const writeMoment = async (file: string, moment: number): Promise<Problem | undefined> => {
  try {
    await makeFolder(dirname(file));
    await writeWhole(file, `${moment}\n`, 0o600);
    return undefined;
  } catch (error) {
    return warning('state-unwritable', { file, reason: reasonOf(error) });
  }
};
