import { type Problem, problem, warning } from '../model/problem.ts';
import type { Resolution } from '../model/workstream.ts';
import { type Publication, publications, publishedAt, record } from './compose-ports.ts';

/** A compose file that was read. */
export interface ComposeFile {
  /** Path as it is shown. */
  readonly file: string;
  readonly content: unknown;
  /** Line of what is found on the way through the content, as far as it goes; from 1. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

export interface ComposeGuardInput {
  readonly copy: Pick<Resolution, 'mode' | 'slot' | 'services' | 'env'>;
  readonly files: readonly ComposeFile[];
  /** Variables that compose fills in beside those of the copy: of the shell and of `.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * What in compose files is the same in every copy, so that two of them cannot run at once or share what should be apart. In main it is
 * something to know; in a workstream it is in the way of main, and rejects.
 */
export const guardCompose = ({ copy, files, environment }: ComposeGuardInput): readonly Problem[] => {
  const severity = copy.mode === 'main' ? 'warning' : 'error';
  const names = new Set([...Object.keys(copy.env), ...Object.keys(environment)]);
  /** Whether it is what it says in every copy: nothing in it comes from a variable that is set. */
  const isFixed = (text: string): boolean => !variablesIn(text).some((name) => names.has(name));

  return files.flatMap(({ file, content, lineOf }) => {
    const fixedName = (path: readonly string[], what: string, name: string, mend: string): Problem =>
      problem('compose-fixed-name', { file, line: lineOf(path), what, name, mend });

    const ports = publications(content)
      .filter(({ host }) => isFixed(host) && namesPort(host))
      .map((found): Problem => {
        const { service, index, host } = found;
        const line = lineOf(['services', service, 'ports', index]);
        return {
          ...problem('compose-fixed-port', { file, line, service, port: host, mend: mendOf(found, copy) }),
          severity,
        };
      });
    const containers = Object.entries(record(record(content).services)).flatMap(([service, description]) => {
      const { container_name: name } = record(description);
      if (typeof name !== 'string' || !isFixed(name)) return [];
      const mend = 'Remove the line: compose names the container after its project, which every copy has for itself.';
      const found = fixedName(['services', service, 'container_name'], `the container of ${service}`, name, mend);
      return [{ ...found, severity } as const];
    });
    const shared = (['volumes', 'networks'] as const).flatMap((section) =>
      Object.entries(record(record(content)[section])).flatMap(([key, description]) => {
        const { name, external } = record(description);
        const kind = section.slice(0, -1);
        const inFile = typeof name === 'string' ? name : undefined;
        const outside = record(external).name ?? (external === true ? (inFile ?? key) : undefined);
        const effective = typeof outside === 'string' ? outside : inFile;
        if (effective === undefined || !isFixed(effective)) return [];
        // Something made by hand is shared on purpose, as far as one can see.
        if (typeof outside === 'string') {
          const mend = `All copies share it. If that is not meant, remove external, or name it \${COMPOSE_PROJECT_NAME}_${key}.`;
          const found = fixedName([section, key, 'external'], `the external ${kind} ${key}`, effective, mend);
          return [{ ...found, severity: 'warning' } as const];
        }
        const mend = 'Remove the line: compose puts its project in front of the name, which every copy has for itself.';
        return [{ ...fixedName([section, key, 'name'], `the ${kind} ${key}`, effective, mend), severity } as const];
      }),
    );
    const { name } = record(content);
    const project =
      typeof name === 'string' && isFixed(name)
        ? [
            warning('compose-fixed-name', {
              file,
              line: lineOf(['name']),
              what: 'the compose project',
              name,
              mend: 'Remove the line, or call compose as `stack-env compose` always: it sets COMPOSE_PROJECT_NAME, which wins.',
            }),
          ]
        : [];
    return [...project, ...ports, ...containers, ...shared];
  });
};

/** `$$` stands for a dollar. */
const variablesIn = (text: string): readonly string[] =>
  Array.from(text.replaceAll('$$', '').matchAll(/\$\{?([A-Za-z_]\w*)/g), ([, name = '']) => name);

/** Without a number, or with 0, the machine gives any free port. */
const namesPort = (host: string): boolean => /[1-9]/.test(host.replace(/\$\{?[A-Za-z_]\w*/g, ''));

/** What to write instead, with the variable that has this port in main. */
const mendOf = (publication: Publication, { slot, services, env }: ComposeGuardInput['copy']): string => {
  const { service, host } = publication;
  const [unset] = variablesIn(host);
  if (unset !== undefined) {
    return `Nothing sets ${unset}. Add it to "env" of a service in sidings.json, so that each copy has its own port in it.`;
  }
  if (!/^\d+$/.test(host)) return 'Publish the ports one by one, each with a variable of sidings.json as its port.';
  const isOurs = Object.values(services).some(({ port }) => port === Number(host) + slot);
  const own = isOurs ? Object.keys(env).find((name) => env[name] === String(Number(host) + slot)) : undefined;
  const variable = own ?? `${service.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_PORT`;
  const line = publishedAt(publication, `\${${variable}:-${host}}`);
  return own === undefined
    ? `Write there: ${line}, and add "${variable}" to "env" of a service with port ${host} in sidings.json.`
    : `Write there: ${line}`;
};
