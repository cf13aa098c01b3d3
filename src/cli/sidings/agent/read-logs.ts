import type { Settings } from '../../../config/settings.ts';
import { followLog, readLog } from '../../../feedback/read-log.ts';
import { serviceLogFile } from '../../../feedback/service-log.ts';
import type { LogLine, LogQuery, ServiceLines } from '../../../model/log-line.ts';
import { fail } from '../../../model/problem.ts';
import { askDaemon, followDaemon, queryOf } from '../daemon-client.ts';
import { serviceOf, workstreamOf } from '../lookup.ts';
import { momentOf } from '../moment.ts';

export interface ReadOptions {
  /** A folder of the copy. */
  readonly directory: string;
  readonly service: string;
  readonly lines: number;
  /** A moment as people say it. */
  readonly since: string | undefined;
  readonly settings: Settings;
}

/** The log of a service: from the daemon, or where none runs what `stack-env run` kept. Errors: `service-unknown`, `usage`. */
export const readLogs = async (options: ReadOptions): Promise<ServiceLines> => {
  const place = await find(options);
  if (place.kind === 'daemon') {
    const answer = await askDaemon<ServiceLines>(`/api/logs${place.query}`, options.settings);
    if (answer !== undefined) return answer;
  }
  const lines = await readLog(place.file, place.wanted);
  return { workstream: place.name, service: options.service, source: 'process', lines };
};

/** The same and then each line as it is written, until the daemon or the signal ends. */
export async function* followLogs(options: ReadOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const place = await find(options);
  if (place.kind === 'files') {
    yield* followLog(place.file, place.wanted, signal);
    return;
  }
  for await (const { name, data } of await followDaemon(`/api/logs/events${place.query}`, options.settings))
    if (name === 'line') yield data as LogLine;
  throw fail('daemon-unreachable', { port: options.settings.httpPort });
}

interface Place {
  readonly kind: 'daemon' | 'files';
  readonly name: string;
  readonly file: string;
  /** From the `?` on. */
  readonly query: string;
  readonly wanted: LogQuery;
}

const mostLines = 5000;

const find = async ({ directory, service, lines, since, settings }: ReadOptions): Promise<Place> => {
  if (!Number.isInteger(lines) || lines < 0 || lines > mostLines)
    throw fail('usage', { reason: `The number of lines is not between 0 and ${mostLines}` });
  const moment = momentOf(since);
  const { workstream, daemon } = await workstreamOf(directory, settings);
  serviceOf(workstream, service);
  return {
    kind: daemon ? 'daemon' : 'files',
    name: workstream.name,
    file: serviceLogFile(settings.stateDirectory, workstream.directory, service),
    query: queryOf({ workstream: workstream.name, service, lines, since: moment }),
    wanted: { lines, since: moment },
  };
};
