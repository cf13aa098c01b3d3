import { access } from 'node:fs/promises';
import type { ContainerLogs, LogQuery, LogSource, ServiceLines, ServiceLogs } from '../model/log-line.ts';
import { followLog, readLog } from './read-log.ts';

export interface ServiceLogsOptions {
  /** Where `stack-env run` keeps the log of a service. */
  readonly fileOf: (directory: string, service: string) => string;
  /** Undefined where containers are left alone. */
  readonly containers: ContainerLogs | undefined;
}

export interface AllServiceLogs extends ServiceLogs {
  readonly readFrom: (
    source: LogSource,
    directory: string,
    service: string,
    query: LogQuery,
  ) => Promise<Pick<ServiceLines, 'source' | 'lines'>>;
}

/** The log of a service, from the container that it runs in or else from what `stack-env run` kept. */
export const createServiceLogs = ({ fileOf, containers }: ServiceLogsOptions): AllServiceLogs => {
  const sourceOf = async (directory: string, service: string, container: string | undefined): Promise<LogSource> => {
    if (container !== undefined) return 'container';
    const wasRun = await access(fileOf(directory, service)).then(
      () => true,
      () => false,
    );
    return !wasRun && containers?.describe(directory, service) !== undefined ? 'container' : 'process';
  };

  const readFrom: AllServiceLogs['readFrom'] = async (source, directory, service, query) => {
    const lines = await (source === 'process'
      ? readLog(fileOf(directory, service), query)
      : (containers?.readLog(directory, service, query) ?? []));
    return { source, lines };
  };

  return {
    readFrom,
    read: async (directory, { name, container }, query) =>
      readFrom(await sourceOf(directory, name, container), directory, name, query),
    async *follow(directory, { name, container }, query, signal) {
      const source = await sourceOf(directory, name, container);
      if (source === 'process') yield* followLog(fileOf(directory, name), query, signal);
      else if (containers !== undefined) yield* containers.followLog(directory, name, query, signal);
    },
  };
};
