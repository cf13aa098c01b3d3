import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { innermost } from '../../model/folder.ts';
import { fail, SidingsError } from '../../model/problem.ts';
import { printable } from '../../model/text.ts';
import type { Service, Workstream } from '../../model/workstream.ts';
import { findCopy } from '../../resolver/find-copy.ts';
import { printJson, printText, report } from '../report.ts';
import { table } from '../table.ts';
import { lookOnce } from './current-state.ts';
import { askDaemon } from './daemon-client.ts';
import { type SettingOptions, withRoots } from './setting-options.ts';

type Options = SettingOptions & { readonly json?: boolean; readonly dir?: string };

/** `sidings lookup [SERVICE]`: which workstream the current folder is in, and where everything is. */
export const lookup = async (service: string | undefined, { json, dir, ...flags }: Options): Promise<number> => {
  const { workstream } = await workstreamOf(dir ?? process.cwd(), await loadSettings({ flags }));
  const found = service === undefined ? undefined : serviceOf(workstream, service);
  if (json) printJson(found ?? workstream);
  else if (found !== undefined) printText(`${found.url ?? `localhost:${found.port}`}\n`);
  else {
    printText(describe(workstream));
    report(workstream.problems);
  }
  return 0;
};

export interface Located {
  readonly workstream: Workstream;
  /** Whether a running daemon knows it, so that its addresses at the proxy lead somewhere. */
  readonly daemon: boolean;
}

/**
 * The workstream that a folder is in, from the running daemon where it knows it, else from the folder itself.
 * Errors: `project-not-found`.
 */
export const workstreamOf = async (directory: string, settings: Settings): Promise<Located> => {
  const copy = await findCopy(directory);
  const known = await askDaemon<Workstream>(`/api/lookup?directory=${encodeURIComponent(copy)}`, settings).catch(
    (error: unknown) => {
      // A daemon that looks under other roots does not know this copy.
      if (error instanceof SidingsError && error.code === 'directory-unknown') return undefined;
      throw error;
    },
  );
  if (known !== undefined && known.directory === copy) return { workstream: known, daemon: true };
  const { workstreams } = await lookOnce(await withRoots({ ...settings, roots: [] }, copy));
  const found = innermost(workstreams, copy);
  if (found === undefined) throw fail('project-not-found', { directory });
  return { workstream: found, daemon: false };
};

/** Why nothing is known of a copy but its folder; undefined where more is. */
export const failureOf = ({ services, problems }: Workstream): SidingsError | undefined => {
  const cause = services.length === 0 ? problems.find(({ severity }) => severity === 'error') : undefined;
  return cause && new SidingsError(cause);
};

/** A service by its name. Errors: `service-unknown`. */
export const serviceOf = (workstream: Workstream, wanted: string): Service => {
  const { name, services } = workstream;
  const found = services.find((service) => service.name === wanted);
  if (found !== undefined) return found;
  const failure = failureOf(workstream);
  if (failure !== undefined) throw failure;
  const known = services.map((service) => service.name).join(', ') || 'none';
  throw fail('service-unknown', { name, service: wanted, known });
};

const describe = (workstream: Workstream): string => {
  const { name, project, mode, slot, directory, branch, services } = workstream;
  const about =
    failureOf(workstream) === undefined
      ? [mode === 'main' ? `main checkout of ${project}` : `workstream of ${project}`, `slot ${slot}`]
      : ['not understood'];
  if (branch !== undefined) about.push(`branch ${branch}`);
  const rows = services.map(({ name: service, state, port, url = '', localUrl = `localhost:${port}` }) => [
    service,
    state,
    localUrl,
    url,
  ]);
  return `${printable(`${name}: ${about.join(', ')}`)}\n${printable(directory)}\n\n${table([], rows)}`;
};
