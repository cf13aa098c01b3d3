import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { fail } from '../../model/problem.ts';
import type { RequestDetail, RequestSummary } from '../../model/requests.ts';
import type { Workstream } from '../../model/workstream.ts';
import { findCopy } from '../../resolver/find-copy.ts';
import { reasonOf } from '../../resolver/regular-file.ts';
import { jsonLine, printJson, printLine, printText } from '../report.ts';
import { startFolder } from '../start-folder.ts';
import { type Asked, type DaemonEvent, demandOfDaemon, followDaemon, queryOf } from './daemon-client.ts';
import { serviceOf } from './lookup.ts';
import { momentOf } from './moment.ts';
import { requestDetails, requestHeads, requestLine } from './request-text.ts';
import type { SettingOptions } from './setting-options.ts';

type Options = SettingOptions & {
  readonly workstream?: string;
  readonly dir?: string;
  readonly all?: boolean;
  readonly service?: string;
  readonly status?: string;
  readonly method?: string;
  readonly path?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly follow?: boolean;
  readonly id?: string;
  readonly har?: string | true;
  readonly json?: boolean;
};

/** Requests from before that are shown first to who follows. */
const shownFirst = '10';

/** `sidings requests`: what went through the proxy. Errors: `daemon-unreachable`, `directory-unknown`, `parameter-invalid`, `service-unknown`, `usage`, `workstream-unknown`. */
export const requests = async (options: Options): Promise<number> => {
  const { workstream, dir, all, service, status, method, path, since, limit, follow, id, har, json, ...flags } =
    options;
  const settings = await loadSettings({ flags });
  if (id !== undefined) {
    const request = await demandOfDaemon<RequestDetail>(`/api/requests/${encodeURIComponent(id)}`, settings);
    if (json) printJson(request);
    else printText(requestDetails(request));
    return 0;
  }
  const own = all || workstream !== undefined ? undefined : await workstreamAt(dir, settings);
  const name = workstream ?? own?.name;
  const filter = { workstream: name, service, status, method, path, since: momentOf(since) };
  if (har !== undefined) {
    const archive = await demandOfDaemon<object>(`/api/har${queryOf({ ...filter, limit })}`, settings);
    if (har === true) printJson(archive);
    else await write(resolve(har), archive);
    return 0;
  }
  if (follow) return followRequests(filter, limit ?? shownFirst, settings, json === true);
  const answer = await demandOfDaemon<Listed>(`/api/requests${queryOf({ ...filter, limit })}`, settings);
  // What is gone may have been asked; what never was is a slip, and no list of failures is good news then.
  if (answer.requests.length === 0) {
    const asked = workstream === undefined ? own : await workstreamCalled(workstream, settings);
    if (asked !== undefined && service !== undefined) serviceOf(asked, service);
  }
  if (json) printJson(answer);
  else if (answer.requests.length === 0) printLine(noneOf(filter));
  else printText(requestHeads + answer.requests.toReversed().map(requestLine).join(''));
  if (!json && answer.countedOnly > 0)
    printText(`… ${answer.countedOnly} more in the last minute came too fast to be remembered; none of them failed\n`);
  return 0;
};

const noneOf = ({ workstream, ...others }: Asked): string => {
  const to = workstream === undefined ? '' : ` to ${workstream}`;
  const isFiltered = Object.values(others).some((value) => value !== undefined);
  return isFiltered ? `No request${to} fits the filter.` : `No requests${to} are remembered.`;
};

interface Listed {
  /** The newest first. */
  readonly requests: readonly RequestSummary[];
  readonly countedOnly: number;
}

/** The workstream that a folder is in. */
const workstreamAt = async (dir: string | undefined, settings: Settings): Promise<Workstream> => {
  const directory = encodeURIComponent(await findCopy(startFolder(dir)));
  return demandOfDaemon<Workstream>(`/api/lookup?directory=${directory}`, settings);
};

const workstreamCalled = (name: string, settings: Settings): Promise<Workstream> =>
  demandOfDaemon<Workstream>(`/api/workstreams/${encodeURIComponent(name)}`, settings);

const write = async (file: string, archive: object): Promise<void> => {
  try {
    // Whoever may not read the requests may not read the file.
    await writeFile(file, JSON.stringify(archive, undefined, 2), { mode: 0o600 });
  } catch (error) {
    throw fail('file-unwritable', { file, reason: reasonOf(error as NodeJS.ErrnoException) });
  }
};

/** Shows the newest, then each as it ends, until nobody reads any more. Errors: `daemon-unreachable` when the daemon ends. */
const followRequests = async (filter: Asked, limit: string, settings: Settings, json: boolean): Promise<number> => {
  const show = json ? (request: RequestSummary) => jsonLine(request) : requestLine;
  // Subscribe first, then list: what ends in between comes by both.
  const events = await followDaemon(`/api/requests/events${queryOf(filter)}`, settings);
  const { requests: before } = await demandOfDaemon<Listed>(`/api/requests${queryOf({ ...filter, limit })}`, settings);
  const shown = new Set(before.map(({ id }) => id));
  if (!printText((json ? '' : requestHeads) + before.toReversed().map(show).join(''))) return 0;
  const text = ({ name, data }: DaemonEvent): string => {
    if (name === 'lost') return lostLine((data as { readonly count: number }).count, json);
    const request = data as RequestSummary;
    return shown.delete(request.id) ? '' : show(request);
  };
  for await (const event of events) if (!printText(text(event))) return 0;
  throw fail('daemon-unreachable', { port: settings.httpPort });
};

const lostLine = (count: number, json: boolean): string =>
  json ? jsonLine({ lost: count }) : `… ${count} more, faster than they could be shown\n`;
